import type { Management } from 'auth0'
import type { FastifyInstance } from 'fastify'
import { createInvitation, invitationLink } from '../../directory/invitations.ts'
import type { Invitation, Persona } from '../../directory/records.ts'
import { subjectOf } from '../../protocol/tokens/profile-claims.ts'
import { ManagementApiError, requireFound } from '../management-api-error.ts'
import { offsetPage, PAGING, type Paging, page } from '../paging.ts'
import type { RequestProperties, ResourceOptions } from '../resource-options.ts'
import { requireOrganization } from './organizations.ts'
import { requireUser } from './user-mapping.ts'

const paging = { type: 'object', properties: PAGING }
const memberList = {
  type: 'object',
  required: ['members'],
  additionalProperties: false,
  properties: { members: { type: 'array', minItems: 1, items: { type: 'string' } } },
}
const personSchema = (property: 'name' | 'email') => ({
  type: 'object',
  required: [property],
  additionalProperties: false,
  properties: { [property]: { type: 'string', minLength: 1, maxLength: 300 } },
})
const creation = {
  type: 'object',
  required: ['inviter', 'invitee', 'client_id'],
  additionalProperties: false,
  properties: {
    inviter: personSchema('name'),
    invitee: personSchema('email'),
    client_id: { type: 'string' },
    connection_id: { type: 'string' },
    ttl_sec: { type: 'integer', minimum: 0, maximum: 2_592_000, default: 0 },
    roles: { type: 'array', items: { type: 'string' }, default: [] },
    send_invitation_email: { type: 'boolean' },
  } satisfies RequestProperties<Management.CreateOrganizationInvitationRequestContent>,
}

interface Creation {
  readonly inviter: { readonly name: string }
  readonly invitee: { readonly email: string }
  readonly client_id: string
  readonly ttl_sec: number
  readonly roles: string[]
}

type ById = { Params: { id: string } }

/** The members of organizations and their invitations. No e-mail is sent. */
export async function organizationMembers(
  app: FastifyInstance,
  { directory }: ResourceOptions,
): Promise<void> {
  const { personas, invitations, clients, roles } = directory
  const reading = (scope: string) => ({
    schema: { querystring: paging },
    config: { scopes: [scope] },
  })

  app.get<ById & { Querystring: Paging }>(
    '/organizations/:id/members',
    reading('read:organization_members'),
    async ({ params, query }) => {
      const { id } = requireOrganization(directory, params.id)
      const members = [...personas].filter(({ organizations }) => organizations.includes(id))
      return page('members', members.map(toMemberResponse), query)
    },
  )

  app.post<ById & { Body: { members: string[] } }>(
    '/organizations/:id/members',
    { schema: { body: memberList }, config: { scopes: ['create:organization_members'] } },
    async ({ params, body }, reply) => {
      const { id } = requireOrganization(directory, params.id)
      const newMembers = body.members.map((member) => requireUser(directory, member))
      for (const persona of newMembers) {
        persona.organizations = [...new Set([...persona.organizations, id])]
        personas.persist(persona)
      }
      return reply.code(204).send()
    },
  )

  app.get<ById & { Querystring: Paging }>(
    '/organizations/:id/invitations',
    reading('read:organization_invitations'),
    async ({ params, query }) => {
      const { id } = requireOrganization(directory, params.id)
      const open = [...invitations].filter(
        ({ organization, used, expiresAt }) =>
          organization === id && !used && Date.now() < expiresAt,
      )
      return offsetPage('invitations', open.map(toResponse), query)
    },
  )

  app.post<ById & { Body: Creation }>(
    '/organizations/:id/invitations',
    { schema: { body: creation }, config: { scopes: ['create:organization_invitations'] } },
    async ({ params, body }) => {
      const organization = requireOrganization(directory, params.id)
      const client = requireFound(clients.get(body.client_id), 'client')
      if (client.initiateLoginUri === undefined) {
        const problem =
          'A default login route is required to generate the invitation url. Consider adding a default login route to the application or tenant.'
        throw new ManagementApiError(400, problem, 'invalid_request')
      }
      const invitation = createInvitation({
        organization,
        client,
        inviter: body.inviter.name,
        invitee: body.invitee.email,
        roles: body.roles.map((id) => requireFound(roles.get(id), 'role').name),
        lifetime: body.ttl_sec,
      })
      return toResponse(invitations.persist(invitation))
    },
  )

  app.delete<{ Params: { id: string; invitation: string } }>(
    '/organizations/:id/invitations/:invitation',
    { config: { scopes: ['delete:organization_invitations'] } },
    async ({ params }, reply) => {
      const { id } = requireOrganization(directory, params.id)
      const found = invitations.get(params.invitation)
      const ofOrganization = found?.organization === id ? found : undefined
      invitations.remove(requireFound(ofOrganization, 'invitation'))
      return reply.code(204).send()
    },
  )

  function toResponse(invitation: Invitation): Management.OrganizationInvitation {
    return {
      id: invitation.id,
      organization_id: invitation.organization,
      inviter: { name: invitation.inviter },
      invitee: { email: invitation.invitee },
      invitation_url: invitationLink(directory, invitation),
      created_at: new Date(invitation.createdAt).toISOString(),
      expires_at: new Date(invitation.expiresAt).toISOString(),
      client_id: invitation.client,
      roles: [...roles].filter(({ name }) => invitation.roles.includes(name)).map(({ id }) => id),
      ticket_id: invitation.ticket,
    }
  }
}

function toMemberResponse(persona: Persona): Management.OrganizationMember {
  const { displayName, email } = persona
  return { user_id: subjectOf(persona), name: displayName, email }
}
