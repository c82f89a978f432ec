import { listAll, type ManagementClient } from './client/client.ts'
import { ManagementError } from './client/errors.ts'

export interface OrganizationSummary {
  readonly id: string
  readonly name: string
  readonly display_name: string
}

export async function listOrganizations({
  organizations,
}: ManagementClient): Promise<OrganizationSummary[]> {
  const found = await listAll(organizations.list({ take: 100 }))
  return found.map(({ id = '', name = '', display_name = '' }) => ({ id, name, display_name }))
}

export interface InvitationRequest {
  /** An id or a name. */
  readonly organization: string
  /** The id of the client whose login page the link opens. */
  readonly client: string
  /** The name of the inviter in the invitation. */
  readonly inviter: string
  /** The names of the roles that a member gets. */
  readonly roles: readonly string[]
  readonly lifetimeSeconds: number
  /** Whether the tenant sends the link by e-mail. */
  readonly sendEmail: boolean
}

export interface InvitationLink {
  readonly email: string
  /** Opens the login page of the client. Anyone who has the link can use it. */
  readonly link: string
  readonly expires_at: string
}

/** The scopes that the invitations need. */
export function scopesToInvite({ organization, roles }: InvitationRequest): string[] {
  return [
    'create:organization_invitations',
    ...(isId(organization) ? [] : ['read:organizations']),
    ...(roles.length > 0 ? ['read:roles'] : []),
  ]
}

/**
 * Looks up the organization and the roles.
 *
 * @returns a function that invites one person
 * @throws ManagementError `not_found`
 */
export async function createInviter(management: ManagementClient, request: InvitationRequest) {
  const [id, roles] = await Promise.all([
    findOrganizationId(management, request.organization),
    findRoleIds(management, request.roles),
  ])
  return async (email: string): Promise<InvitationLink> => {
    const { invitation_url: link = '', expires_at = '' } =
      await management.organizations.invitations.create(id, {
        inviter: { name: request.inviter },
        invitee: { email },
        client_id: request.client,
        ttl_sec: request.lifetimeSeconds,
        send_invitation_email: request.sendEmail,
        ...(roles.length > 0 && { roles }),
      })
    return { email, link, expires_at }
  }
}

function isId(organization: string): boolean {
  return organization.startsWith('org_')
}

async function findOrganizationId(
  { organizations }: ManagementClient,
  organization: string,
): Promise<string> {
  if (isId(organization)) return organization
  const { id } = await organizations.getByName(organization)
  return String(id)
}

async function findRoleIds(
  { roles }: ManagementClient,
  names: readonly string[],
): Promise<string[]> {
  if (names.length === 0) return []
  const existing = await listAll(roles.list({ per_page: 100 }))
  return names.map((name) => {
    const role = existing.find((one) => one.name === name)
    if (role !== undefined) return String(role.id)
    throw new ManagementError('not_found', `There is no role ${name}.`)
  })
}
