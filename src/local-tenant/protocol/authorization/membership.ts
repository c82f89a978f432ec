import type { Directory } from '../../directory/directory.ts'
import type { Client, Organization, Persona } from '../../directory/records.ts'
import { OAuthError } from '../oauth-error.ts'

/**
 * Whether the login page asks for an organization, if the request names none. The page shows each
 * persona with its organizations, so the prompts before and after the login are the same here.
 */
export function organizationChoice(client: Client): 'none' | 'optional' | 'required' {
  const { organizationUsage = 'allow', organizationBehavior = 'post_login_prompt' } = client
  if (organizationUsage === 'deny' || organizationBehavior === 'no_prompt') return 'none'
  return organizationUsage === 'require' ? 'required' : 'optional'
}

/**
 * Checks the parameter `organization` against what the client allows.
 *
 * @throws OAuthError `invalid_request`, with the descriptions of Auth0
 */
export function checkOrganizationUsage(client: Client, organization: string | undefined): void {
  const { organizationUsage: usage } = client
  if (usage === 'deny' && organization !== undefined) {
    const problem = 'parameter organization is not allowed for this client'
    throw new OAuthError('invalid_request', problem)
  }
  const isMissing = organization === undefined && organizationChoice(client) === 'none'
  if (usage === 'require' && isMissing) {
    const problem = 'parameter organization is required for this client'
    throw new OAuthError('invalid_request', problem)
  }
}

/** @returns `access_denied` if the client requires an organization, and the persona chose none */
export function missingOrganization(client: Client): OAuthError | undefined {
  return organizationChoice(client) === 'required'
    ? new OAuthError('access_denied', 'The user is not a member of any organization.')
    : undefined
}

/**
 * Checks that a persona is a member of an organization that it logs in to. Makes it a member if the
 * connection has `assign_membership_on_login`.
 *
 * @returns `invalid_request` if the organization has no enabled database connection, `access_denied`
 *   if the persona is not a member, undefined on success
 */
export function ensureMembership(
  directory: Directory,
  persona: Persona,
  organization: Organization,
): OAuthError | undefined {
  const { id } = organization
  if (databaseLogin(directory, organization) === undefined) {
    return new OAuthError('invalid_request', 'no connections enabled for the organization')
  }
  if (persona.organizations.includes(id)) return undefined
  if (!acceptsEveryone(directory, organization)) {
    return new OAuthError('access_denied', 'The user is not a member of the organization.')
  }
  persona.organizations = [...persona.organizations, id]
  return undefined
}

/** Whether anyone who logs in to an organization becomes a member. */
export function acceptsEveryone(directory: Directory, organization: Organization): boolean {
  return databaseLogin(directory, organization)?.assign_membership_on_login === true
}

function databaseLogin({ connections }: Directory, { enabled }: Organization) {
  return enabled.find((candidate) => connections.get(candidate.connection_id)?.strategy === 'auth0')
}
