import type { FastifyInstance } from 'fastify'
import { assertDefined } from '../../utils/assert-defined.ts'
import type { ConsoleApi } from '../console/console-api.ts'
import { authenticationClaimNames } from '../directory/authentication.ts'
import type { Directory } from '../directory/directory.ts'

/** The variables that turn the browser login on. */
const BROWSER_LOGIN = ['AUTH0_CLIENT_ID', 'AUTH0_CLIENT_SECRET', 'SESSION_SECRET']

/**
 * The environment variables that configure an API for this tenant, as its first resource server.
 *
 * @returns also the names of the variables that belong to another tenant
 */
export function apiEnvironment(issuer: string, directory: Directory) {
  const client = browserLoginClient(issuer, directory)
  return {
    defaults: { CLIENT_ORIGIN_URL: 'http://localhost:4040', ALLOWED_HOSTS: 'localhost' },
    variables: { ...accessTokenVariables(issuer, directory), ...client },
    ignored: client === undefined ? BROWSER_LOGIN : [],
  }
}

function accessTokenVariables(
  issuer: string,
  { mainApi: api, publicClient, organizations, authentication }: Directory,
): Record<string, string> {
  const claims = api && authenticationClaimNames(authentication, api.identifier)
  const known = [...organizations].filter((organization) => organization.known)
  return {
    AUTH0_DOMAIN: new URL(issuer).origin,
    ...(api !== undefined && { AUTH0_AUDIENCE: api.identifier }),
    ...(known.length > 0 && { AUTH0_ORGANIZATIONS: known.map(({ id }) => id).join() }),
    ORGANIZATION_REQUIRED: 'false',
    ACCESS_TOKEN_ALGORITHMS: 'RS256',
    ...(claims !== undefined && { ACR_CLAIM: claims.acr, AUTH_TIME_CLAIM: claims.authTime }),
    ...(publicClient !== undefined && { API_REFERENCE_CLIENT_ID: publicClient.id }),
  }
}

/** The variables of the first confidential client that has redirect URIs, if there is one. */
function browserLoginClient(
  issuer: string,
  { clients }: Directory,
): Record<string, string> | undefined {
  for (const { id, secret, redirectUris, idTokenAlgorithm = 'RS256' } of clients) {
    if (secret === undefined || redirectUris.length === 0) continue
    return {
      AUTH0_CLIENT_ID: id,
      AUTH0_CLIENT_SECRET: secret,
      ID_TOKEN_ALG: idTokenAlgorithm,
      FEDERATED_APIS: `calendar=${issuer}third-party/calendar`,
    }
  }
  return undefined
}

export interface EnvironmentOptions {
  readonly issuer: () => string
  readonly directory: Directory
  readonly api: () => ConsoleApi | undefined
}

/** `GET /local-tenant/environment`: lets commands use the configuration of `npm run dev`. */
export async function environmentControl(
  app: FastifyInstance,
  { issuer, directory, api }: EnvironmentOptions,
): Promise<void> {
  app.get('/local-tenant/environment', () => {
    const running = api()
    return {
      ...apiEnvironment(issuer(), directory),
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
