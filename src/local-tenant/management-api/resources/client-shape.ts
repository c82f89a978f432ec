import { randomBytes } from 'node:crypto'
import type { Management } from 'auth0'
import type { Client } from '../../directory/data.ts'
import { grantTypesOf } from '../../protocol/tokens/client-authentication.ts'

/** What the Management API is told of a client that means something here, in the vendor's words. */
export interface ClientChanges {
  readonly name?: string
  readonly app_type?: 'native' | 'spa' | 'regular_web' | 'non_interactive'
  readonly token_endpoint_auth_method?: 'none' | 'client_secret_post' | 'client_secret_basic'
  readonly callbacks?: string[]
  readonly allowed_logout_urls?: string[]
  readonly grant_types?: string[]
  readonly initiate_login_uri?: string
  readonly jwt_configuration?: { readonly alg?: string }
  readonly oidc_logout?: { readonly backchannel_logout_urls?: string[] }
}

const LOGIN = ['authorization_code', 'implicit', 'refresh_token']
const GRANT_TYPES = {
  native: LOGIN,
  spa: LOGIN,
  regular_web: [...LOGIN, 'client_credentials'],
  non_interactive: ['client_credentials'],
}

/** A client that nobody said anything of yet but its kind. */
export function newClient({ app_type: type = 'regular_web' }: ClientChanges): Client {
  const isPublic = type === 'spa' || type === 'native'
  return {
    id: randomBytes(16).toString('hex'),
    name: '',
    redirectUris: [],
    logoutUris: [],
    grantTypes: GRANT_TYPES[type],
    ...(!isPublic && { secret: newSecret() }),
  }
}

/** Changes what a client is here, and remembers everything else that it is told. */
export function changeClient(client: Client, changes: ClientChanges): void {
  client.settings = { ...client.settings, ...changes }
  client.name = changes.name ?? client.name
  client.redirectUris = changes.callbacks ?? client.redirectUris
  client.logoutUris = changes.allowed_logout_urls ?? client.logoutUris
  if (changes.grant_types !== undefined) client.grantTypes = changes.grant_types
  if (changes.token_endpoint_auth_method === 'none') delete client.secret
  else if (changes.token_endpoint_auth_method !== undefined) client.secret ??= newSecret()
  if (changes.initiate_login_uri !== undefined) set(client, 'initiateLoginUri', changes)
  const { jwt_configuration: jwt, oidc_logout: logout } = changes
  if (jwt?.alg === 'HS256') client.idTokenAlgorithm = 'HS256'
  else if (jwt?.alg !== undefined) delete client.idTokenAlgorithm
  const [told] = logout?.backchannel_logout_urls ?? []
  if (told !== undefined) client.backchannelLogoutUri = told
  else if (logout !== undefined) delete client.backchannelLogoutUri
}

function set(client: Client, name: 'initiateLoginUri', { initiate_login_uri: uri }: ClientChanges) {
  if (uri) client[name] = uri
  else delete client[name]
}

/**
 * A client in the vendor's shape.
 *
 * @param withSecret whether the caller may read secrets
 */
export function describeClient(client: Client, withSecret: boolean): Management.Client {
  const { id, name, secret, redirectUris, logoutUris } = client
  const told: ClientChanges = { ...client.settings }
  const { initiateLoginUri, backchannelLogoutUri, idTokenAlgorithm = 'RS256' } = client
  return {
    app_type: secret === undefined ? 'spa' : 'regular_web',
    is_first_party: true,
    oidc_conformant: true,
    token_endpoint_auth_method: secret === undefined ? 'none' : 'client_secret_post',
    ...told,
    client_id: id,
    name,
    ...(secret !== undefined && withSecret && { client_secret: secret }),
    callbacks: exact(redirectUris),
    allowed_logout_urls: exact(logoutUris),
    grant_types: [...grantTypesOf(client)],
    jwt_configuration: {
      lifetime_in_seconds: 36_000,
      ...told.jwt_configuration,
      alg: idTokenAlgorithm,
    },
    ...(initiateLoginUri !== undefined && { initiate_login_uri: initiateLoginUri }),
    ...(backchannelLogoutUri !== undefined && {
      oidc_logout: { ...told.oidc_logout, backchannel_logout_urls: [backchannelLogoutUri] },
    }),
  }
}

/** What the data file allows by rule has no name in the vendor's shape. */
function exact(uris: Client['redirectUris']): string[] {
  return typeof uris === 'string' ? [] : uris
}

function newSecret(): string {
  return randomBytes(48).toString('base64url')
}
