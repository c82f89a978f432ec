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

/** An open invitation, without its link: anyone who has the link can use it. */
export interface InvitationSummary {
  readonly id: string
  readonly email: string
  readonly inviter: string
  readonly expires_at: string
}

/** The scopes to list or revoke the invitations of an organization. */
export function invitationScopes(organization: string, action: 'read' | 'delete'): string[] {
  return [
    `${action}:organization_invitations`,
    ...(isId(organization) ? [] : ['read:organizations']),
  ]
}

/** @throws ManagementError `not_found` */
export async function listInvitations(
  management: ManagementClient,
  organization: string,
): Promise<InvitationSummary[]> {
  const id = await findOrganizationId(management, organization)
  const { invitations } = management.organizations
  const found = await listAll(invitations.list(id, { per_page: 100 }))
  return found.map(({ id = '', invitee, inviter, expires_at = '' }) => {
    return { id, email: String(invitee?.email), inviter: String(inviter?.name), expires_at }
  })
}

/**
 * Looks up the organization.
 *
 * @returns a function that revokes one invitation: its link stops working
 * @throws ManagementError `not_found`
 */
export async function createRevoker(management: ManagementClient, organization: string) {
  const id = await findOrganizationId(management, organization)
  return async (invitation: string): Promise<void> => {
    await management.organizations.invitations.delete(id, invitation)
  }
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
