import type { Management } from 'auth0'
import type { FastifyInstance } from 'fastify'
import type { ClientGrant } from '../../directory/records.ts'
import { MANAGEMENT } from '../../directory/resource-server.ts'
import { ManagementApiError, requireFound } from '../management-api-error.ts'
import { newId } from '../new-id.ts'
import { PAGING, type Paging, page } from '../paging.ts'
import type { RequestProperties, ResourceOptions } from '../resource-options.ts'

const scope = { type: 'array', items: { type: 'string', minLength: 1 } }
const creation = {
  type: 'object',
  required: ['client_id', 'audience'],
  additionalProperties: false,
  properties: {
    client_id: { type: 'string' },
    audience: { type: 'string' },
    scope: { ...scope, default: [] },
  } satisfies RequestProperties<Management.CreateClientGrantRequestContent>,
}
const update = {
  type: 'object',
  required: ['scope'],
  additionalProperties: false,
  properties: { scope } satisfies RequestProperties<Management.UpdateClientGrantRequestContent>,
}
const query = {
  type: 'object',
  properties: { ...PAGING, audience: { type: 'string' }, client_id: { type: 'string' } },
}

interface Creation {
  readonly client_id: string
  readonly audience: string
  readonly scope: string[]
}

/** `/client-grants`: the scopes that clients may have for themselves (client credentials). */
export async function clientGrants(
  app: FastifyInstance,
  { issuer, directory }: ResourceOptions,
): Promise<void> {
  const { clientGrants } = directory
  const toResponse = (grant: ClientGrant): Management.ClientGrantResponseContent => ({
    ...grant,
    audience: grant.audience === MANAGEMENT ? `${issuer()}${MANAGEMENT}` : grant.audience,
    subject_type: 'client',
  })

  app.get<{ Querystring: Paging & { audience?: string; client_id?: string } }>(
    '/client-grants',
    { schema: { querystring: query }, config: { scopes: ['read:client_grants'] } },
    async ({ query }) => {
      const matching = [...clientGrants]
        .map(toResponse)
        .filter(({ audience }) => audience === (query.audience ?? audience))
        .filter((grant) => grant.client_id === (query.client_id ?? grant.client_id))
      return page('client_grants', matching, query)
    },
  )

  app.post<{ Body: Creation }>(
    '/client-grants',
    { schema: { body: creation }, config: { scopes: ['create:client_grants'] } },
    async ({ body }, reply) => {
      const client = requireFound(directory.clients.get(body.client_id), 'client')
      checkScope(body.audience, body.scope)
      if (directory.clientGrant(client, body.audience) !== undefined) {
        const problem = 'A resource server with this client grant already exists.'
        throw new ManagementApiError(409, problem, 'client_grant_conflict')
      }
      return reply.code(201).send(toResponse(clientGrants.persist({ id: newId('cgr_'), ...body })))
    },
  )

  app.patch<{ Params: { id: string }; Body: { scope: string[] } }>(
    '/client-grants/:id',
    { schema: { body: update }, config: { scopes: ['update:client_grants'] } },
    async ({ params, body }) => {
      const grant = requireFound(clientGrants.get(params.id), 'client_grant')
      if (grant.audience !== MANAGEMENT) checkScope(grant.audience, body.scope)
      return toResponse(clientGrants.persist(Object.assign(grant, body)))
    },
  )

  function checkScope(audience: string, scope: readonly string[]): void {
    const { scopes } = requireFound(directory.api(audience), 'resource_server')
    const unknown = scope.filter((name) => !scopes.some(({ value }) => value === name))
    if (unknown.length === 0) return
    const problem = `One or more scopes are not allowed by the API: ${unknown.join(', ')}.`
    throw new ManagementApiError(400, problem, 'invalid_body')
  }
}
