import type { Directory } from '../../directory/directory.ts'
import type { Organization, Persona } from '../../directory/records.ts'
import { OAuthError } from '../oauth-error.ts'

/**
 * Checks that a persona is a member of an organization that it logs in to. Makes it a member if the
 * connection has `assign_membership_on_login`.
 *
 * @returns `invalid_request` if the organization has no enabled database connection, `access_denied`
 *   if the persona is not a member, undefined on success
 */
export function ensureMembership(
  { connections }: Directory,
  persona: Persona,
  { id, enabled }: Organization,
): OAuthError | undefined {
  const database = enabled.find(
    (candidate) => connections.get(candidate.connection_id)?.strategy === 'auth0',
  )
  if (database === undefined) {
    return new OAuthError('invalid_request', 'no connections enabled for the organization')
  }
  if (persona.organizations.includes(id)) return undefined
  if (!database.assign_membership_on_login) {
    return new OAuthError('access_denied', 'The user is not a member of the organization.')
  }
  persona.organizations = [...persona.organizations, id]
  return undefined
}
