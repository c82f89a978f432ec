import type { Organization, Persona } from '../../directory/data.ts'
import type { Directory } from '../../directory/directory.ts'
import { OAuthError } from '../oauth-error.ts'

/**
 * Lets a person who logs in into an organization: as a member, or as one from now on where its
 * connection makes everybody one.
 *
 * @returns why not: `invalid_request` where nobody can log in to it, `access_denied` for others
 */
export function admit(
  { connections }: Directory,
  persona: Persona,
  { id, enabled }: Organization,
): OAuthError | undefined {
  const own = enabled.find((one) => connections.get(one.connection_id)?.strategy === 'auth0')
  if (own === undefined) {
    return new OAuthError('invalid_request', 'no connections enabled for the organization')
  }
  if (persona.organizations.includes(id)) return undefined
  if (!own.assign_membership_on_login) {
    return new OAuthError('access_denied', 'The user is no member there.')
  }
  persona.organizations = [...persona.organizations, id]
  return undefined
}
