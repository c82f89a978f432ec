import type { FastifyInstance } from 'fastify'
import type { Directory } from '../directory/directory.ts'
import { createInvitation, invitationLink } from '../directory/invitations.ts'
import type { Invitation } from '../directory/records.ts'
import { OAuthError } from '../protocol/oauth-error.ts'
import { requireJson } from './require-json.ts'

const schema = {
  body: {
    type: 'object',
    required: ['organization', 'email'],
    properties: {
      organization: { type: 'string' },
      email: { type: 'string', minLength: 3 },
      inviter: { type: 'string' },
      client: { type: 'string' },
      roles: { type: 'array', items: { type: 'string' } },
    },
  },
} as const

export interface InvitationRequest {
  /** Id or name. */
  readonly organization: string
  /** The e-mail address of the person who is invited. */
  readonly email: string
  /** The name of the person who invites. */
  readonly inviter?: string
  /** The id of the client that the link leads to. */
  readonly client?: string
  /** The names of the roles that the person gets. */
  readonly roles?: readonly string[]
}

/**
 * Creates an invitation. It is not persisted.
 *
 * @throws OAuthError `invalid_request` if the organization, the client or a role is unknown
 */
export function invite(directory: Directory, request: InvitationRequest): Invitation {
  const { email: invitee, inviter = 'The local tenant', client: id = 'messages-web' } = request
  const organization = directory.organization(request.organization)
  const client = directory.clients.get(id)
  if (organization === undefined || client === undefined) {
    throw new OAuthError('invalid_request', 'Unknown organization or client.')
  }
  const { roles = [] } = request
  const known = [...directory.roles].map(({ name }) => name)
  if (!roles.every((name) => known.includes(name))) {
    throw new OAuthError('invalid_request', 'Unknown role.')
  }
  const invitation = createInvitation({ organization, client, inviter, invitee, roles })
  return directory.invitations.add(invitation)
}

/** `POST /local-tenant/invitations`: creates an invitation without the Management API. */
export async function invitationControl(
  app: FastifyInstance,
  { directory }: { directory: Directory },
): Promise<void> {
  app.post<{ Body: InvitationRequest }>(
    '/local-tenant/invitations',
    { schema, onRequest: requireJson },
    async ({ body }, reply) => {
      const invitation = invite(directory, body)
      const { id, ticket } = invitation
      return reply.code(201).send({ id, ticket, link: invitationLink(directory, invitation) })
    },
  )
}
