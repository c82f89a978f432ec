import { randomBytes } from 'node:crypto'
import type { Management } from 'auth0'
import { type AllowedUris, type Client, isLoopbackRule } from '../../directory/records.ts'
import { grantTypesOf } from '../../protocol/tokens/client-authentication.ts'

/** The properties of a client request that have an effect in the local tenant. */
export interface ClientChanges {
  readonly name?: string
  readonly app_type?: 'native' | 'spa' | 'regular_web' | 'non_interactive'
  readonly token_endpoint_auth_method?: 'none' | 'client_secret_post' | 'client_secret_basic'
  readonly callbacks?: string[]
  readonly allowed_logout_urls?: string[]
  readonly grant_types?: string[]
  readonly initiate_login_uri?: string
  readonly jwt_configuration?: { readonly alg?: string }
  readonly require_proof_of_possession?: boolean
  readonly organization_usage?: 'deny' | 'allow' | 'require'
  readonly organization_require_behavior?: 'no_prompt' | 'pre_login_prompt' | 'post_login_prompt'
  readonly oidc_logout?: { readonly backchannel_logout_urls?: string[] }
}

const LOGIN_GRANT_TYPES = ['authorization_code', 'implicit', 'refresh_token']
const DEFAULT_GRANT_TYPES = {
  native: LOGIN_GRANT_TYPES,
  spa: LOGIN_GRANT_TYPES,
  regular_web: [...LOGIN_GRANT_TYPES, 'client_credentials'],
  non_interactive: ['client_credentials'],
}

/** A client with the defaults of its application type and no name. */
export function newClient({ app_type: type = 'regular_web' }: ClientChanges): Client {
  const isPublic = type === 'spa' || type === 'native'
  return {
    id: randomBytes(16).toString('hex'),
    name: '',
    redirectUris: [],
    logoutUris: [],
    grantTypes: DEFAULT_GRANT_TYPES[type],
    organizationUsage: 'deny',
    organizationBehavior: 'no_prompt',
    ...(!isPublic && { secret: newSecret() }),
  }
}

/** Applies a request to a client. Properties without an effect are only stored. */
export function changeClient(client: Client, changes: ClientChanges): void {
  client.settings = { ...client.settings, ...changes }
  client.name = changes.name ?? client.name
  client.redirectUris = changeUris(client.redirectUris, changes.callbacks)
  client.logoutUris = changeUris(client.logoutUris, changes.allowed_logout_urls)
  if (changes.grant_types !== undefined) client.grantTypes = changes.grant_types
  const { require_proof_of_possession: isRequired } = changes
  if (isRequired !== undefined) client.requireProofOfPossession = isRequired
  const { organization_usage: usage, organization_require_behavior: behavior } = changes
  if (usage !== undefined) client.organizationUsage = usage
  if (behavior !== undefined) client.organizationBehavior = behavior
  if (changes.token_endpoint_auth_method === 'none') delete client.secret
  else if (changes.token_endpoint_auth_method !== undefined) client.secret ??= newSecret()
  const { initiate_login_uri: loginUri, jwt_configuration: jwt, oidc_logout: logout } = changes
  if (loginUri) client.initiateLoginUri = loginUri
  else if (loginUri !== undefined) delete client.initiateLoginUri
  if (jwt?.alg === 'HS256') client.idTokenAlgorithm = 'HS256'
  else if (jwt?.alg !== undefined) delete client.idTokenAlgorithm
  const [logoutUrl] = logout?.backchannel_logout_urls ?? []
  if (logoutUrl !== undefined) client.backchannelLogoutUri = logoutUrl
  else if (logout !== undefined) delete client.backchannelLogoutUri
}

/**
 * A client in Auth0's format.
 *
 * @param withSecret whether the caller may read secrets
 */
export function toClientResponse(client: Client, withSecret: boolean): Management.Client {
  const { id, name, secret, redirectUris, logoutUris } = client
  const settings: ClientChanges = { ...client.settings }
  const { initiateLoginUri, backchannelLogoutUri, idTokenAlgorithm = 'RS256' } = client
  const { requireProofOfPossession = false } = client
  const { organizationUsage = 'allow', organizationBehavior = 'post_login_prompt' } = client
  return {
    app_type: secret === undefined ? 'spa' : 'regular_web',
    is_first_party: true,
    oidc_conformant: true,
    token_endpoint_auth_method: secret === undefined ? 'none' : 'client_secret_post',
    ...settings,
    client_id: id,
    name,
    ...(secret !== undefined && withSecret && { client_secret: secret }),
    callbacks: exactUris(redirectUris),
    allowed_logout_urls: exactUris(logoutUris),
    grant_types: [...grantTypesOf(client)],
    require_proof_of_possession: requireProofOfPossession,
    organization_usage: organizationUsage,
    organization_require_behavior: organizationBehavior,
    jwt_configuration: {
      lifetime_in_seconds: 36_000,
      ...settings.jwt_configuration,
      alg: idTokenAlgorithm,
    },
    ...(initiateLoginUri !== undefined && { initiate_login_uri: initiateLoginUri }),
    ...(backchannelLogoutUri !== undefined && {
      oidc_logout: { ...settings.oidc_logout, backchannel_logout_urls: [backchannelLogoutUri] },
    }),
  }
}

/** Auth0's format has no equivalent of a rule such as `loopback`. */
function exactUris(uris: AllowedUris): string[] {
  return uris.filter((uri) => !isLoopbackRule(uri))
}

/** Rules stay: a caller who reads the URLs and writes them back does not know them. */
function changeUris(uris: AllowedUris, changed: readonly string[] | undefined): AllowedUris {
  return changed === undefined ? uris : [...uris.filter(isLoopbackRule), ...changed]
}

function newSecret(): string {
  return randomBytes(48).toString('base64url')
}
