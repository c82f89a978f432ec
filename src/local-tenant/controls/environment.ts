import type { FastifyInstance } from 'fastify'
import type { ProviderName } from '../../config/issuer/providers.ts'
import { assertDefined } from '../../utils/assert-defined.ts'
import type { ConsoleApi } from '../console/console-api.ts'
import { authenticationClaimNames } from '../directory/authentication.ts'
import type { Directory } from '../directory/directory.ts'
import type { Organization } from '../directory/records.ts'
import { PROVIDERS } from '../providers/providers.ts'

/** The variables that turn the browser login on. */
const BROWSER_LOGIN = ['AUTH0_CLIENT_ID', 'AUTH0_CLIENT_SECRET', 'SESSION_SECRET']

/** What names the issuer and the API: of Auth0, and of other providers. */
const OF_AUTH0 = { issuer: 'AUTH0_DOMAIN', audience: 'AUTH0_AUDIENCE' }
const OF_OTHERS = { issuer: 'ISSUER', audience: 'AUDIENCE' }

/** A local tenant, as far as an API has to know it. */
export interface ConfiguredTenant {
  readonly issuer: string
  readonly provider: ProviderName
  readonly directory: Directory
}

/**
 * The environment variables that configure an API for this tenant, as its first resource server.
 *
 * @returns also the names of the variables that belong to another tenant
 */
export function apiEnvironment(tenant: ConfiguredTenant) {
  const client = browserLoginClient(tenant)
  const unused = tenant.provider === 'auth0' ? OF_OTHERS : OF_AUTH0
  return {
    defaults: { CLIENT_ORIGIN_URL: 'http://localhost:4040', ALLOWED_HOSTS: 'localhost' },
    variables: { ...accessTokenVariables(tenant), ...client },
    ignored: [...Object.values(unused), 'JWKS_URI', ...(client === undefined ? BROWSER_LOGIN : [])],
  }
}

function accessTokenVariables({
  issuer,
  provider,
  directory,
}: ConfiguredTenant): Record<string, string> {
  const { mainApi: api, publicClient, organizations, authentication } = directory
  const claims = api && authenticationClaimNames(authentication, api.identifier)
  const { organization, audience } = PROVIDERS[provider]
  const known = [...organizations].filter(({ known }) => known)
  const names = provider === 'auth0' ? OF_AUTH0 : OF_OTHERS
  return {
    PROVIDER: provider,
    [names.issuer]: provider === 'auth0' ? new URL(issuer).origin : issuer,
    ...(api !== undefined && {
      [names.audience]:
        audience === 'api' ? api.identifier : clientsOf(api.identifier, directory).join(),
    }),
    ...(known.length > 0 &&
      organization !== undefined && {
        AUTH0_ORGANIZATIONS: known.map((one: Organization) => one[organization]).join(),
      }),
    ORGANIZATION_REQUIRED: 'false',
    ACCESS_TOKEN_ALGORITHMS: 'RS256',
    ...(claims !== undefined && { ACR_CLAIM: claims.acr, AUTH_TIME_CLAIM: claims.authTime }),
    ...(publicClient !== undefined && { API_REFERENCE_CLIENT_ID: publicClient.id }),
  }
}

/** The ids of the clients that can get tokens for an API: by a login, or for themselves. */
function clientsOf(api: string, directory: Directory): string[] {
  return [...directory.clients]
    .filter(
      (client) =>
        client.redirectUris.length > 0 || directory.clientGrant(client, api) !== undefined,
    )
    .map(({ id }) => id)
}

/** The variables of the first confidential client that has redirect URIs, if there is one. */
function browserLoginClient({
  issuer,
  provider,
  directory: { clients },
}: ConfiguredTenant): Record<string, string> | undefined {
  for (const { id, secret, redirectUris, idTokenAlgorithm = 'RS256' } of clients) {
    if (secret === undefined || redirectUris.length === 0) continue
    return {
      AUTH0_CLIENT_ID: id,
      AUTH0_CLIENT_SECRET: secret,
      ID_TOKEN_ALG: idTokenAlgorithm,
      ...(PROVIDERS[provider].federatedGrant && {
        FEDERATED_APIS: `calendar=${issuer}third-party/calendar`,
      }),
    }
  }
  return undefined
}

export interface EnvironmentOptions {
  readonly issuer: () => string
  readonly provider: ProviderName
  readonly directory: Directory
  readonly api: () => ConsoleApi | undefined
}

/** `GET /local-tenant/environment`: lets commands use the configuration of `npm run dev`. */
export async function environmentControl(
  app: FastifyInstance,
  { issuer, provider, directory, api }: EnvironmentOptions,
): Promise<void> {
  app.get('/local-tenant/environment', () => {
    const running = api()
    return {
      ...apiEnvironment({ issuer: issuer(), provider, directory }),
      project: running?.project,
      faults: app.faults.active,
      api: running && describeApi(running, directory),
    }
  })
}

/** What the command `call` needs. */
function describeApi({ url, publicUrl }: ConsoleApi, { personas }: Directory) {
  const { name: persona } = assertDefined(
    personas.find(() => true),
    'persona',
  )
  return { url, publicUrl, persona }
}
