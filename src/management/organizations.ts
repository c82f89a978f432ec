import { all, type Management } from './client/client.ts'
import { ManagementError } from './client/errors.ts'

export interface OrganizationSummary {
  readonly id: string
  readonly name: string
  readonly display_name: string
}

export async function listOrganizations({
  organizations,
}: Management): Promise<OrganizationSummary[]> {
  const found = await all(organizations.list({ take: 100 }))
  return found.map(({ id = '', name = '', display_name = '' }) => ({ id, name, display_name }))
}

export interface InvitationRequest {
  /** Its id or its name. */
  readonly organization: string
  /** The client that the link leads to. */
  readonly client: string
  /** Who invites, as the invitation calls them. */
  readonly inviter: string
  /** Names of roles that go with the membership. */
  readonly roles: readonly string[]
  /** How long the link is good, in seconds. */
  readonly lifetime: number
  /** Whether the tenant sends the link by e-mail as well. */
  readonly byMail: boolean
}

export interface Invited {
  readonly email: string
  /** Leads to the login of the client. Whoever has it can use it. */
  readonly link: string
  readonly expires_at: string
}

/** What inviting needs. */
export function scopesToInvite({ organization, roles }: InvitationRequest): string[] {
  return [
    'create:organization_invitations',
    ...(isId(organization) ? [] : ['read:organizations']),
    ...(roles.length > 0 ? ['read:roles'] : []),
  ]
}

/**
 * Looks up what the requested invitations name.
 *
 * @returns what invites one person
 * @throws ManagementError `not_found`
 */
export async function inviting(management: Management, request: InvitationRequest) {
  const [id, roles] = await Promise.all([
    organizationId(management, request.organization),
    roleIds(management, request.roles),
  ])
  return async (email: string): Promise<Invited> => {
    const { invitation_url: link = '', expires_at = '' } =
      await management.organizations.invitations.create(id, {
        inviter: { name: request.inviter },
        invitee: { email },
        client_id: request.client,
        ttl_sec: request.lifetime,
        send_invitation_email: request.byMail,
        ...(roles.length > 0 && { roles }),
      })
    return { email, link, expires_at }
  }
}

function isId(organization: string): boolean {
  return organization.startsWith('org_')
}

async function organizationId({ organizations }: Management, organization: string) {
  if (isId(organization)) return organization
  const { id } = await organizations.getByName(organization)
  return String(id)
}

async function roleIds({ roles }: Management, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return []
  const known = await all(roles.list({ per_page: 100 }))
  return names.map((name) => {
    const role = known.find((one) => one.name === name)
    if (role !== undefined) return String(role.id)
    throw new ManagementError('not_found', `There is no role ${name}.`)
  })
}
