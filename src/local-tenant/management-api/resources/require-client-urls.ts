import { isReachableUrl, isSafeUrl } from '../../client-urls.ts'
import { ManagementApiError } from '../management-api-error.ts'
import type { ClientChanges } from './client-mapping.ts'

/**
 * Checks the URLs of a client before they are stored. Those that the tenant calls or shows as links are on
 * this machine or an allowed host. Auth0 checks the scheme only.
 *
 * @throws ManagementApiError 400
 */
export function requireClientUrls(changes: ClientChanges, allowedHosts: readonly string[]): void {
  const { callbacks = [], allowed_logout_urls: logout = [] } = changes
  const { initiate_login_uri: login, oidc_logout: { backchannel_logout_urls: calls = [] } = {} } =
    changes
  const isReachable = (url: string) => isReachableUrl(url, allowedHosts)
  requireEach('callbacks', callbacks, isSafeUrl, 'cannot have the scheme of a script or a file')
  requireEach('allowed_logout_urls', logout, isReachable)
  requireEach('initiate_login_uri', login ? [login] : [], isReachable)
  requireEach('oidc_logout.backchannel_logout_urls', calls, isReachable)
}

function requireEach(
  property: string,
  urls: readonly string[],
  isAllowed: (url: string) => boolean,
  rule = 'must be http(s) URLs of this machine or of ALLOWED_HOSTS',
): void {
  if (urls.every(isAllowed)) return
  const message = `Payload validation error: '${rule} on property ${property}'.`
  throw new ManagementApiError(400, message, 'invalid_body')
}
