import type { Management as Sdk } from 'auth0'
import type { Description } from './description.ts'

/** The wanted fields of the API, named as in the Management API. */
export function desiredApi(
  { api }: Description,
  current: Sdk.ResourceServer | undefined,
): Sdk.UpdateResourceServerRequestContent {
  const isRfc9068 = current?.token_dialect?.startsWith('rfc9068') === true
  return {
    name: api.name,
    signing_alg: 'RS256',
    scopes: Object.entries(api.permissions).map(([value, description]) => ({ value, description })),
    token_lifetime: api.token_lifetime,
    allow_offline_access: api.offline_access,
    enforce_policies: true,
    // This server accepts both dialects that include permissions.
    token_dialect: isRfc9068 ? 'rfc9068_profile_authz' : 'access_token_authz',
  }
}

type Clients = Description['clients']
type ClientContent = Sdk.UpdateClientRequestContent & Pick<Sdk.CreateClientRequestContent, 'name'>

/**
 * The wanted fields of the clients, named as in the Management API.
 *
 * @param allowHttp whether the tenant accepts `http:` for the login URL and the logout URL
 */
export function desiredClients(
  { clients, organizations, organization_required: required }: Description,
  allowHttp: boolean,
): ClientContent[] {
  const usage = required ? ('require' as const) : ('allow' as const)
  const login = {
    oidc_conformant: true,
    jwt_configuration: { alg: 'RS256' as const },
    grant_types: ['authorization_code', 'refresh_token'],
    // Without a prompt, Auth0 rejects a login whose request names no organization.
    ...(Object.keys(organizations).length > 0 && {
      organization_usage: usage,
      organization_require_behavior: 'post_login_prompt' as const,
    }),
  }
  const isAllowedUrl = (url: string) => allowHttp || url.startsWith('https:')
  return [
    ...(clients.browser === undefined ? [] : [{ ...login, ...browserClient(clients.browser) }]),
    ...(clients.web === undefined ? [] : [{ ...login, ...webClient(clients.web, isAllowedUrl) }]),
    ...(clients.machine === undefined ? [] : [machineClient(clients.machine)]),
  ]
}

function browserClient(client: NonNullable<Clients['browser']>): ClientContent {
  return {
    name: client.name,
    app_type: 'spa',
    token_endpoint_auth_method: 'none',
    callbacks: client.callbacks,
    allowed_logout_urls: client.logout_urls,
    web_origins: client.web_origins,
    refresh_token: { rotation_type: 'rotating', expiration_type: 'expiring' },
  }
}

function webClient(
  client: NonNullable<Clients['web']>,
  isAllowedUrl: (url: string) => boolean,
): ClientContent {
  const { login_url: login, backchannel_logout_url: logout } = client
  return {
    name: client.name,
    app_type: 'regular_web',
    token_endpoint_auth_method: 'client_secret_post',
    callbacks: client.callbacks,
    allowed_logout_urls: client.logout_urls,
    ...(isAllowedUrl(login) && { initiate_login_uri: login }),
    ...(isAllowedUrl(logout) && { oidc_logout: { backchannel_logout_urls: [logout] } }),
  }
}

function machineClient({ name }: NonNullable<Clients['machine']>): ClientContent {
  return {
    name,
    app_type: 'non_interactive',
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['client_credentials'],
  }
}
