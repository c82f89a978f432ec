import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import cookie from '@fastify/cookie'
import formbody from '@fastify/formbody'
import fastify, { type FastifyInstance } from 'fastify'
import type { ProviderName } from '../config/issuer/providers.ts'
import { stylesheetRoute } from '../html/stylesheet.ts'
import { isAllowedHost } from '../http/allowed-hosts.ts'
import { addressesOf, listen } from '../lifecycle/listen.ts'
import type { TenantData } from '../tenant-data/tenant-data.ts'
import { validateTenantData } from '../tenant-data/validate-tenant-data.ts'
import { loadCertificate } from './certificate.ts'
import { tenantConsole } from './console/console.ts'
import type { ConsoleApi } from './console/console-api.ts'
import { RecentRequests } from './console/requests/recent-requests.ts'
import { changesControl } from './controls/changes.ts'
import { decisionControl } from './controls/decisions.ts'
import { environmentControl } from './controls/environment.ts'
import { faults } from './controls/faults.ts'
import { invitationControl } from './controls/invitations.ts'
import { sessionControl } from './controls/sessions.ts'
import { statusControl } from './controls/status.ts'
import { wrongTokenControl } from './controls/wrong-tokens.ts'
import { crossOrigin } from './cross-origin.ts'
import defaultData from './directory/data.ts'
import { Directory } from './directory/directory.ts'
import { DirectoryFile } from './directory/directory-file.ts'
import { type Seed, seedDirectory } from './directory/seed.ts'
import { setErrorHandler } from './error-handler.ts'
import { managementApi } from './management-api/management-api.ts'
import { ManagementRateLimit } from './management-api/management-rate-limit.ts'
import { authorize } from './protocol/authorization/authorize.ts'
import { BackchannelLogout } from './protocol/authorization/backchannel-logout.ts'
import { logout } from './protocol/authorization/logout.ts'
import { Sessions } from './protocol/authorization/sessions.ts'
import { discovery } from './protocol/discovery.ts'
import { OAuthError } from './protocol/oauth-error.ts'
import { FederatedTokens } from './protocol/tokens/federated-tokens.ts'
import { Grants } from './protocol/tokens/grants.ts'
import { Proofs } from './protocol/tokens/proofs.ts'
import { revocationEndpoint } from './protocol/tokens/revocation-endpoint.ts'
import { SigningKeys } from './protocol/tokens/signing-keys.ts'
import { tokenEndpoint } from './protocol/tokens/token-endpoint.ts'
import { TokenIssuer } from './protocol/tokens/token-issuer.ts'
import { userinfo } from './protocol/tokens/userinfo.ts'
import { WrongTokens } from './protocol/tokens/wrong-tokens.ts'
import { identityOf, pathRewriter } from './providers/identity.ts'
import { PROVIDERS } from './providers/providers.ts'
import { thirdParty } from './third-party.ts'

export interface LocalTenantOptions {
  /** 0 lets the system choose one. */
  readonly port: number
  /** Where the tenant stores its signing keys and persisted records. */
  readonly directory: string
  /** `NODE_ENV`. The tenant issues tokens to anyone, so it starts only in `development` and `test`. */
  readonly environment: string
  /** As which provider it issues tokens; `auth0` by default. */
  readonly provider?: ProviderName
  /** Whether it uses https, with a certificate of its own. */
  readonly https?: boolean
  /** The host names at which it answers, beside those of this machine. */
  readonly allowedHosts?: readonly string[]
  /** The API that the console calls. Undefined until it runs. */
  readonly api?: () => ConsoleApi | undefined
  /** The requests to the API, for the console. */
  readonly requests?: RecentRequests
  /** The initial records. The default is `data`. */
  readonly seed?: Seed
  /** Personas, roles, organizations and others. The default is data.ts. */
  readonly data?: TenantData
  /** The file of the data, for messages to the developer. */
  readonly dataFile?: string
}

export interface LocalTenant {
  readonly app: FastifyInstance
  /** The claim `iss` of its tokens. At Auth0, it has a slash at the end. */
  readonly issuer: string
  readonly provider: ProviderName
  /** The records of the tenant. Changes take effect immediately. */
  readonly directory: Directory
  readonly sessions: Sessions
  readonly backchannel: BackchannelLogout
  /** Its certificate (PEM), if it uses https. */
  readonly certificate: string | undefined
  /** The file of the data, for messages to the developer. */
  readonly dataFile: string
}

const DEFAULT_DATA_FILE = 'src/local-tenant/directory/data.ts'

const HOST_ADVICE =
  'The local tenant does not answer at this host name. ALLOWED_HOSTS names those beside localhost.'

/**
 * Starts an issuer with the same endpoints as an Auth0 tenant, or another provider, on loopback addresses only.
 *
 * @throws Error in production, and in an environment whose name it does not know
 */
export async function startLocalTenant(options: LocalTenantOptions): Promise<LocalTenant> {
  const environment = options.environment.trim().toLowerCase()
  if (environment !== 'development' && environment !== 'test') {
    throw new Error(`The local tenant is for development: it does not start in ${environment}.`)
  }
  const { dataFile = DEFAULT_DATA_FILE, data = defaultData, allowedHosts = [] } = options
  const { provider: name = 'auth0' } = options
  const provider = PROVIDERS[name]
  validateTenantData(data, dataFile)
  const keysFile = join(options.directory, 'signing-keys.json')
  const keys = await SigningKeys.load(keysFile, provider.tokenType)
  const grants = new Grants()
  const directory = new Directory(!provider.audienceParameter)
  seedDirectory(directory, options.seed ?? 'data', data, provider.authenticationClaims)
  const file = await DirectoryFile.load(join(options.directory, 'directory.json'), directory)
  const rateLimit = new ManagementRateLimit()
  const certificate = options.https ? await loadCertificate(options.directory) : undefined
  const rewriteUrl = pathRewriter(provider)
  const app = fastify({ https: certificate ?? null, rewriteUrl }) as unknown as FastifyInstance
  const scheme = certificate === undefined ? 'http' : 'https'
  const baseUrl = () => `${scheme}://localhost:${(app.server.address() as AddressInfo).port}/`
  const identity = identityOf(provider, baseUrl)
  const { issuer } = identity
  const sessions = new Sessions(issuer)
  const tokenIssuer = new TokenIssuer(identity, keys, grants, directory)
  const wrongTokens = new WrongTokens(tokenIssuer, keys, provider)
  const federatedTokens = new FederatedTokens(directory, grants)
  const proofs = new Proofs(baseUrl)
  const backchannel = new BackchannelLogout(issuer, keys, directory, allowedHosts)

  setErrorHandler(app)
  app.addHook('onRequest', async ({ headers }) => {
    if (isAllowedHost(String(headers.host), allowedHosts)) return
    throw new OAuthError('invalid_request', HOST_ADVICE, 421)
  })
  await app.register(crossOrigin, { allowedHosts })
  await app.register(formbody)
  await app.register(cookie)
  await app.register(faults, { keys, rateLimit })

  await app.register(stylesheetRoute)
  await app.register(discovery, { identity, keys, directory })
  await app.register(authorize, { issuer, grants, sessions, directory, file })
  await app.register(tokenEndpoint, { tokenIssuer, grants, federatedTokens, directory, proofs })
  await app.register(revocationEndpoint, { grants, directory })
  await app.register(userinfo, { grants, proofs })
  await app.register(logout, { sessions, directory, backchannel })
  await app.register(thirdParty, { federatedTokens })

  const { api = () => undefined, requests = new RecentRequests() } = options
  await app.register(environmentControl, { issuer, provider: name, directory, api })
  await app.register(decisionControl, { api })
  await app.register(changesControl, { directory, file, sessions, dataFile })
  await app.register(wrongTokenControl, { directory, wrongTokens })
  await app.register(statusControl, { issuer, keys, directory, sessions, dataFile, api })
  await app.register(invitationControl, { directory })
  await app.register(sessionControl, { sessions, backchannel })
  const managementOptions = { issuer: baseUrl, keys, directory, file, rateLimit, allowedHosts }
  await app.register(managementApi, { ...managementOptions, prefix: '/api/v2' })
  await app.register(tenantConsole, {
    issuer,
    keys,
    tokenIssuer,
    wrongTokens,
    directory,
    sessions,
    backchannel,
    api,
    requests,
    file,
    dataFile,
  })
  try {
    await listen(app, await addressesOf('localhost'), options.port, 'TENANT_PORT')
    return {
      app,
      issuer: issuer(),
      provider: name,
      directory,
      sessions,
      backchannel,
      certificate: certificate?.cert,
      dataFile,
    }
  } catch (error) {
    await app.close()
    throw error
  }
}
