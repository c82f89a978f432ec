import type { Management } from 'auth0'
import type { FastifyInstance } from 'fastify'
import { assertDefined } from '../../../utils/assert-defined.ts'
import { API_DEFAULTS, MANAGEMENT, type ResourceServer } from '../../directory/resource-server.ts'
import { ManagementApiError, requireFound } from '../management-api-error.ts'
import { newId } from '../new-id.ts'
import { offsetPage, PAGING, type Paging } from '../paging.ts'
import type { RequestProperties, ResourceOptions } from '../resource-options.ts'
import { MANAGEMENT_SCOPES } from '../scopes.ts'

const changes = {
  name: { type: 'string', minLength: 1, maxLength: 200 },
  scopes: {
    type: 'array',
    items: {
      type: 'object',
      required: ['value'],
      additionalProperties: false,
      properties: {
        value: { type: 'string', minLength: 1, maxLength: 280 },
        description: { type: 'string', maxLength: 500 },
      },
    },
  },
  // The local tenant signs access tokens with RS256 only.
  signing_alg: { enum: ['RS256'] },
  token_lifetime: { type: 'integer', minimum: 1, maximum: 2_592_000 },
  allow_offline_access: { type: 'boolean' },
  skip_consent_for_verifiable_first_party_clients: { type: 'boolean' },
  enforce_policies: { type: 'boolean' },
  token_dialect: { enum: ['access_token', 'access_token_authz'] },
  // The local tenant has no mTLS.
  proof_of_possession: {
    type: ['object', 'null'],
    required: ['mechanism', 'required'],
    additionalProperties: false,
    properties: {
      mechanism: { enum: ['dpop'] },
      required: { type: 'boolean' },
      required_for: { enum: ['all_clients', 'public_clients'] },
    },
  },
} satisfies RequestProperties<Management.UpdateResourceServerRequestContent>

const creation = {
  type: 'object',
  required: ['identifier'],
  additionalProperties: false,
  properties: {
    ...changes,
    identifier: { type: 'string', minLength: 1, maxLength: 600 },
  } satisfies RequestProperties<Management.CreateResourceServerRequestContent>,
}
const update = { type: 'object', additionalProperties: false, properties: changes }
const query = {
  type: 'object',
  properties: {
    ...PAGING,
    identifiers: { type: 'array', items: { type: 'string' } },
    include_fields: { type: 'boolean' },
  } satisfies RequestProperties<Management.ListResourceServerRequestParameters>,
}

type Changes = Partial<Omit<ResourceServer, 'id' | 'identifier'>>

/** `/resource-servers`: the APIs, including the Management API. */
export async function resourceServers(
  app: FastifyInstance,
  { issuer, directory }: ResourceOptions,
): Promise<void> {
  const { resourceServers } = directory
  const find = (id: string) =>
    requireFound(resourceServers.get(id) ?? directory.api(id), 'resource_server')

  app.get<{ Querystring: Paging & { identifiers?: string[] } }>(
    '/resource-servers',
    { schema: { querystring: query }, config: { scopes: ['read:resource_servers'] } },
    async ({ query }) => {
      const all = [managementResourceServer(issuer()), ...resourceServers]
      const { identifiers } = query
      const matching = all.filter(
        ({ identifier }) => identifiers?.includes(assertDefined(identifier, 'identifier')) ?? true,
      )
      return offsetPage('resource_servers', matching, query)
    },
  )

  app.get<{ Params: { id: string } }>(
    '/resource-servers/:id',
    { config: { scopes: ['read:resource_servers'] } },
    async ({ params: { id } }) => find(id),
  )

  app.post<{ Body: Changes & { identifier: string } }>(
    '/resource-servers',
    { schema: { body: creation }, config: { scopes: ['create:resource_servers'] } },
    async ({ body }, reply) => {
      if (directory.api(body.identifier) !== undefined) {
        const problem = 'An API with the same identifier already exists.'
        throw new ManagementApiError(409, problem, 'resource_server_conflict')
      }
      const api = { id: newId('api_'), name: body.identifier, ...API_DEFAULTS, ...body }
      return reply.code(201).send(resourceServers.persist(limitWebLifetime(api)))
    },
  )

  app.patch<{ Params: { id: string }; Body: Changes }>(
    '/resource-servers/:id',
    { schema: { body: update }, config: { scopes: ['update:resource_servers'] } },
    async ({ params: { id }, body }) => {
      return resourceServers.persist(limitWebLifetime(Object.assign(find(id), body)))
    },
  )
}

/** Limits `token_lifetime_for_web`, which cannot be set here, to `token_lifetime`. */
function limitWebLifetime(api: ResourceServer): ResourceServer {
  api.token_lifetime_for_web = Math.min(api.token_lifetime_for_web, api.token_lifetime)
  return api
}

function managementResourceServer(issuer: string): Management.ResourceServer {
  return {
    id: 'api_management',
    identifier: `${issuer}${MANAGEMENT}`,
    name: 'Auth0 Management API',
    is_system: true,
    scopes: MANAGEMENT_SCOPES.map((value) => ({ value })),
  }
}
