import { randomBytes } from 'node:crypto'
import { assertDefined } from '../../utils/assert-defined.ts'
import { OAuthError } from '../protocol/oauth-error.ts'
import type { Client, Organization, Persona } from './data.ts'
import type { Directory } from './directory.ts'

/** How long an invitation lasts where nobody says otherwise, in seconds. */
const LIFETIME = 7 * 24 * 60 * 60

/** Somebody is asked to become a member of an organization, once. */
export interface Invitation {
  readonly id: string
  /** What the link says, and nobody else knows. */
  readonly ticket: string
  /** The id of the organization. */
  readonly organization: string
  /** The name of whoever invites. */
  readonly inviter: string
  /** The e-mail address of whoever is invited. */
  readonly invitee: string
  /** The id of the client that the link leads to. */
  readonly client: string
  /** The names of the roles that come with it. */
  readonly roles: readonly string[]
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly expiresAt: number
  used: boolean
}

export interface NewInvitation {
  readonly organization: Organization
  readonly client: Client
  readonly inviter: string
  readonly invitee: string
  readonly roles?: readonly string[]
  /** Seconds. */
  readonly lifetime?: number
}

/**
 * An invitation that nobody has accepted yet.
 *
 * @throws OAuthError where the client has no page that begins a login
 */
export function newInvitation(wanted: NewInvitation): Invitation {
  const { organization, client, inviter, invitee, roles = [], lifetime } = wanted
  if (client.initiateLoginUri === undefined) {
    throw new OAuthError('invalid_request', `${client.id} has no initiate login URI.`)
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
    expiresAt: createdAt + (lifetime || LIFETIME) * 1000,
    used: false,
  }
}

/** The link that whoever is invited gets: the client's page that begins the login. */
export function invitationLink({ clients, organizations }: Directory, one: Invitation): string {
  const link = new URL(assertDefined(clients.get(one.client)?.initiateLoginUri, 'initiateLoginUri'))
  const { name } = assertDefined(organizations.get(one.organization), 'organization')
  link.searchParams.set('invitation', one.ticket)
  link.searchParams.set('organization', one.organization)
  link.searchParams.set('organization_name', name)
  return link.href
}

/**
 * The invitation that an authorization request brings.
 *
 * @throws OAuthError `invalid_request` where it is unknown, used, expired or for something else
 */
export function invitationOf(
  directory: Directory,
  ticket: string,
  client: Client,
  organization: Organization | undefined,
): Invitation {
  const found = directory.invitations.find((invitation) => invitation.ticket === ticket)
  const fits = found?.client === client.id && found.organization === organization?.id
  if (found === undefined || !fits || found.used || Date.now() >= found.expiresAt) {
    throw spent()
  }
  return found
}

/**
 * Makes a person a member. The ticket is spent either way, as a real tenant's is.
 *
 * @returns why not: `access_denied` where somebody else was invited, `invalid_request` where the
 *   ticket was spent since the login began
 */
export function accept(
  directory: Directory,
  invitation: Invitation,
  persona: Persona,
): OAuthError | undefined {
  if (invitation.used) return spent()
  invitation.used = true
  if (persona.email.toLowerCase() !== invitation.invitee.toLowerCase()) {
    const problem = 'the specified account is not allowed to accept the current invitation'
    return new OAuthError('access_denied', problem)
  }
  persona.organizations = [...new Set([...persona.organizations, invitation.organization])]
  persona.roles = [...new Set([...persona.roles, ...invitation.roles])]
  if (directory.invitations.isKept(invitation)) directory.personas.keep(persona)
  return undefined
}

function spent(): OAuthError {
  return new OAuthError('invalid_request', 'invitation not found or already used')
}
