import { randomBytes } from 'node:crypto'
import { assertDefined } from '../../utils/assert-defined.ts'
import { isEmailAddress } from '../../utils/email-address.ts'
import { OAuthError } from '../protocol/oauth-error.ts'
import type { Directory } from './directory.ts'
import type { Client, Invitation, Organization, Persona } from './records.ts'

const DEFAULT_LIFETIME_SECONDS = 7 * 24 * 60 * 60

export interface NewInvitation {
  readonly organization: Organization
  readonly client: Client
  readonly inviter: string
  readonly invitee: string
  readonly roles?: readonly string[]
  /** Seconds. 0 means the default, a week. */
  readonly lifetime?: number
}

/** @throws OAuthError `invalid_request` if the client has no `initiateLoginUri`, or for an invalid address */
export function createInvitation(options: NewInvitation): Invitation {
  const { organization, client, inviter, invitee, roles = [], lifetime } = options
  if (client.initiateLoginUri === undefined) {
    throw new OAuthError('invalid_request', `${client.id} has no initiate login URI.`)
  }
  if (!isEmailAddress(invitee)) {
    throw new OAuthError('invalid_request', 'The e-mail address is invalid.')
  }
  const createdAt = Date.now()
  return {
    id: `uinv_${randomBytes(8).toString('hex')}`,
    ticket: randomBytes(24).toString('base64url'),
    organization: organization.id,
    inviter,
    invitee,
    client: client.id,
    roles,
    createdAt,
    expiresAt: createdAt + (lifetime || DEFAULT_LIFETIME_SECONDS) * 1000,
    used: false,
  }
}

/** The client's `initiateLoginUri` with the parameters of the invitation. */
export function invitationLink(
  { clients, organizations }: Directory,
  invitation: Invitation,
): string {
  const client = clients.get(invitation.client)
  const link = new URL(assertDefined(client?.initiateLoginUri, 'initiateLoginUri'))
  const { name } = assertDefined(organizations.get(invitation.organization), 'organization')
  link.searchParams.set('invitation', invitation.ticket)
  link.searchParams.set('organization', invitation.organization)
  link.searchParams.set('organization_name', name)
  return link.href
}

/**
 * Finds the invitation of an authorization request.
 *
 * @throws OAuthError `invalid_request` if it is unknown, used, expired, or for another client or
 *   organization
 */
export function requireInvitation(
  directory: Directory,
  ticket: string,
  client: Client,
  organization: Organization | undefined,
): Invitation {
  const invitation = directory.invitations.find((candidate) => candidate.ticket === ticket)
  const matches = invitation?.client === client.id && invitation.organization === organization?.id
  if (!matches || invitation.used || Date.now() >= invitation.expiresAt) {
    throw invitationUsedError()
  }
  return invitation
}

/**
 * Makes a persona a member of the organization, with the roles of the invitation. The ticket is used
 * up even if this fails, as in Auth0.
 *
 * @returns `access_denied` if the invitation is for another e-mail address, `invalid_request` if it
 *   was used since the login began, undefined on success
 */
export function acceptInvitation(
  directory: Directory,
  invitation: Invitation,
  persona: Persona,
): OAuthError | undefined {
  if (invitation.used) return invitationUsedError()
  invitation.used = true
  if (persona.email.toLowerCase() !== invitation.invitee.toLowerCase()) {
    const problem = 'the specified account is not allowed to accept the current invitation'
    return new OAuthError('access_denied', problem)
  }
  persona.organizations = [...new Set([...persona.organizations, invitation.organization])]
  persona.roles = [...new Set([...persona.roles, ...invitation.roles])]
  if (directory.invitations.isPersisted(invitation)) directory.personas.persist(persona)
  return undefined
}

function invitationUsedError(): OAuthError {
  return new OAuthError('invalid_request', 'invitation not found or already used')
}
