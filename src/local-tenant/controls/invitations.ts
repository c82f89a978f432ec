import type { FastifyInstance } from 'fastify'
import type { Directory } from '../directory/directory.ts'
import { type Invitation, invitationLink, newInvitation } from '../directory/invitations.ts'
import { OAuthError } from '../protocol/oauth-error.ts'
import { onlyJson } from './require-json.ts'

const schema = {
  body: {
    type: 'object',
    required: ['organization', 'email'],
    properties: {
      organization: { type: 'string' },
      email: { type: 'string', minLength: 3 },
      inviter: { type: 'string' },
      client: { type: 'string' },
    },
  },
} as const

export interface InvitationRequest {
  /** Id or name. */
  readonly organization: string
  readonly email: string
  readonly inviter?: string
  readonly client?: string
}

/**
 * Makes an invitation that lasts as long as the process.
 *
 * @throws OAuthError where there is no such organization or client
 */
export function invite(directory: Directory, wanted: InvitationRequest): Invitation {
  const { email: invitee, inviter = 'The local tenant', client: id = 'messages-web' } = wanted
  const organization = directory.organization(wanted.organization)
  const client = directory.clients.get(id)
  if (organization === undefined || client === undefined) {
    throw new OAuthError('invalid_request', 'There is no such organization or client.')
  }
  const invitation = newInvitation({ organization, client, inviter, invitee })
  return directory.invitations.add(invitation)
}

/** Makes invitations without the Management API. */
export async function invitationControl(
  app: FastifyInstance,
  { directory }: { directory: Directory },
): Promise<void> {
  app.post<{ Body: InvitationRequest }>(
    '/local-tenant/invitations',
    { schema, onRequest: onlyJson },
    async ({ body }, reply) => {
      const invitation = invite(directory, body)
      const { id, ticket } = invitation
      return reply.code(201).send({ id, ticket, link: invitationLink(directory, invitation) })
    },
  )
}
