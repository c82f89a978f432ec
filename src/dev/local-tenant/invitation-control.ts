import type { FastifyInstance } from 'fastify'
import type { Directory } from './directory.ts'
import { invitationLink, newInvitation } from './invitations.ts'
import { OAuthError } from './oauth-error.ts'
import { onlyJson } from './only-json.ts'

const schema = {
  body: {
    type: 'object',
    required: ['organization', 'email'],
    properties: {
      organization: { type: 'string' },
      email: { type: 'string', minLength: 3 },
      inviter: { type: 'string', default: 'The local tenant' },
      client: { type: 'string', default: 'messages-web' },
    },
  },
} as const

interface Body {
  /** Id or name. */
  readonly organization: string
  readonly email: string
  readonly inviter: string
  readonly client: string
}

/** Makes invitations without the Management API. They last as long as the process. */
export async function invitationControl(
  app: FastifyInstance,
  { directory }: { directory: Directory },
): Promise<void> {
  app.post<{ Body: Body }>(
    '/local-tenant/invitations',
    { schema, onRequest: onlyJson },
    async ({ body }, reply) => {
      const organization = directory.organization(body.organization)
      const client = directory.clients.get(body.client)
      if (organization === undefined || client === undefined) {
        throw new OAuthError('invalid_request', 'There is no such organization or client.')
      }
      const { inviter, email: invitee } = body
      const invitation = newInvitation({ organization, client, inviter, invitee })
      directory.invitations.add(invitation)
      const { id, ticket } = invitation
      return reply.code(201).send({ id, ticket, link: invitationLink(directory, invitation) })
    },
  )
}
