import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import cookie from '@fastify/cookie'
import cors from '@fastify/cors'
import formbody from '@fastify/formbody'
import fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import { addressesOf, listen } from '../lifecycle/listen.ts'
import { isLoopback } from '../tokens/issuer.ts'
import type { Api } from './console/api.ts'
import { tenantConsole } from './console/console.ts'
import { faults } from './controls/faults.ts'
import { invitationControl } from './controls/invitations.ts'
import { sessionControl } from './controls/sessions.ts'
import { checkData } from './directory/check-data.ts'
import { organizations, personas, roles } from './directory/data.ts'
import { Directory } from './directory/directory.ts'
import { DirectoryFile } from './directory/directory-file.ts'
import { type Seed, sow } from './directory/seed.ts'
import { environment } from './environment.ts'
import { managementApi } from './management-api/management-api.ts'
import { RateLimit } from './management-api/rate-limit.ts'
import { errorPage, sendPage } from './pages/pages.ts'
import { authorize } from './protocol/authorization/authorize.ts'
import { BackchannelLogout } from './protocol/authorization/backchannel-logout.ts'
import { logout } from './protocol/authorization/logout.ts'
import { Sessions } from './protocol/authorization/sessions.ts'
import { discovery } from './protocol/discovery.ts'
import { OAuthError } from './protocol/oauth-error.ts'
import { FederatedTokens } from './protocol/tokens/federated-tokens.ts'
import { Grants } from './protocol/tokens/grants.ts'
import { SigningKeys } from './protocol/tokens/signing-keys.ts'
import { tokenEndpoint } from './protocol/tokens/token-endpoint.ts'
import { Tokens } from './protocol/tokens/tokens.ts'
import { userinfo } from './protocol/tokens/userinfo.ts'
import { thirdParty } from './third-party.ts'

export interface LocalTenantOptions {
  /** 0 for one that the system chooses. */
  readonly port: number
  /** Where the tenant keeps what outlives it. */
  readonly directory: string
  /** `NODE_ENV`: the tenant gives tokens to everybody who asks, so it never runs in production. */
  readonly environment: string
  /** The API beside the tenant, for the console, once it runs. */
  readonly api?: () => Api | undefined
  /** What it knows at first: the data file (the default), or as little as a new tenant. */
  readonly seed?: Seed
}

export interface LocalTenant {
  readonly app: FastifyInstance
  /** `iss` of its tokens, with the slash. */
  readonly issuer: string
  /** Who and what it knows; a change holds at once. */
  readonly directory: Directory
  readonly sessions: Sessions
  readonly backchannel: BackchannelLogout
}

/**
 * Starts an issuer that speaks as Auth0 does, on loopback only.
 *
 * @throws Error in production
 */
export async function startLocalTenant(options: LocalTenantOptions): Promise<LocalTenant> {
  if (options.environment === 'production') {
    throw new Error('The local tenant is for development: it does not start in production.')
  }
  checkData(personas, roles, organizations)
  const keys = await SigningKeys.load(join(options.directory, 'signing-keys.json'))
  const grants = new Grants()
  const sessions = new Sessions()
  const directory = new Directory()
  sow(directory, options.seed ?? 'data')
  const file = await DirectoryFile.load(join(options.directory, 'directory.json'), directory)
  const rateLimit = new RateLimit()
  const app = fastify()
  const issuer = () => `http://localhost:${(app.server.address() as AddressInfo).port}/`

  answerErrors(app)
  await app.register(cors, {
    origin: (origin: string | undefined, done) => done(null, isLoopbackOrigin(origin)),
    methods: ['GET', 'POST'],
  })
  await app.register(formbody)
  await app.register(cookie)
  await app.register(faults, { keys, rateLimit })

  await app.register(discovery, { issuer, keys })
  await app.register(environment, { issuer, directory })
  await app.register(authorize, { grants, sessions, directory, file })
  const tokens = new Tokens(issuer, keys, grants, directory)
  const federatedTokens = new FederatedTokens(directory, grants)
  await app.register(tokenEndpoint, { tokens, grants, federatedTokens, directory })
  await app.register(thirdParty, { federatedTokens })
  await app.register(userinfo, { grants })
  const backchannel = new BackchannelLogout(issuer, keys, directory)
  await app.register(logout, { sessions, directory, backchannel })
  await app.register(invitationControl, { directory })
  await app.register(sessionControl, { sessions, backchannel })
  const management = { issuer, keys, directory, file, rateLimit }
  await app.register(managementApi, { ...management, prefix: '/api/v2' })
  const { api = () => undefined } = options
  await app.register(tenantConsole, {
    issuer,
    keys,
    tokens,
    directory,
    sessions,
    backchannel,
    api,
  })
  try {
    await listen(app, await addressesOf('localhost'), options.port)
    return { app, issuer: issuer(), directory, sessions, backchannel }
  } catch (error) {
    await app.close()
    throw error
  }
}

/** Errors for people where a browser shows them, and for clients everywhere else (RFC 6749 §5.2). */
function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | OAuthError, request, reply) => {
    const isPage = /^\/(\?|$|(authorize|login|signup|console|v2\/logout|oidc\/logout)\b)/.test(
      request.url,
    )
    const { status, code } = describe(error)
    const message = status === 500 ? 'The local tenant failed.' : error.message
    if (status === 401) reply.header('www-authenticate', 'Basic realm="local tenant"')
    reply.code(status)
    if (isPage) return sendPage(reply, errorPage(message))
    return reply.send({ error: code, error_description: message })
  })
}

function describe(error: FastifyError | OAuthError): { status: number; code: string } {
  if (error instanceof OAuthError) return { status: error.status, code: error.error }
  const { statusCode = 500 } = error
  return statusCode < 500
    ? { status: 400, code: 'invalid_request' }
    : { status: 500, code: 'server_error' }
}

/** Pages of this machine, whatever their scheme and port. */
function isLoopbackOrigin(origin = ''): boolean {
  return URL.canParse(origin) && isLoopback(new URL(origin))
}
