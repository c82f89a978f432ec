import type { Management } from 'auth0'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { assertDefined } from '../../../utils/assert-defined.ts'
import type { Client } from '../../directory/records.ts'
import { requireFound } from '../management-api-error.ts'
import { FIELDS, type Fields, offsetPage, PAGING, type Paging, withFields } from '../paging.ts'
import type { RequestProperties, ResourceOptions } from '../resource-options.ts'
import { type ClientChanges, changeClient, newClient, toClientResponse } from './client-mapping.ts'
import { requireClientUrls } from './require-client-urls.ts'

/** With a scheme, so that none is a rule of the tenant's data, such as `loopback`. */
const uris = { type: 'array', items: { type: 'string', pattern: '^[A-Za-z][\\w+.-]*:' } }
const flag = { type: 'boolean' }
const properties = {
  name: { type: 'string', minLength: 1, pattern: '^[^<>]+$' },
  description: { type: 'string', maxLength: 140 },
  logo_uri: { type: 'string' },
  app_type: { enum: ['native', 'spa', 'regular_web', 'non_interactive'] },
  callbacks: uris,
  allowed_logout_urls: uris,
  allowed_origins: uris,
  web_origins: uris,
  initiate_login_uri: { type: 'string' },
  grant_types: { type: 'array', items: { type: 'string' } },
  token_endpoint_auth_method: { enum: ['none', 'client_secret_post', 'client_secret_basic'] },
  is_first_party: flag,
  oidc_conformant: flag,
  jwt_configuration: {
    type: 'object',
    properties: { alg: { enum: ['RS256', 'HS256'] }, lifetime_in_seconds: { type: 'integer' } },
  },
  oidc_logout: { type: 'object', properties: { backchannel_logout_urls: uris } },
  refresh_token: { type: 'object' },
  client_metadata: { type: 'object' },
  organization_usage: { enum: ['deny', 'allow', 'require'] },
  organization_require_behavior: {
    enum: ['no_prompt', 'pre_login_prompt', 'post_login_prompt'],
  },
  require_proof_of_possession: flag,
  cross_origin_authentication: flag,
  sso: flag,
} satisfies RequestProperties<Management.CreateClientRequestContent> satisfies RequestProperties<Management.UpdateClientRequestContent>
const update = { type: 'object', additionalProperties: false, properties }
const creation = { ...update, required: ['name'] }
const query = {
  type: 'object',
  properties: { ...PAGING, ...FIELDS, app_type: { type: 'string' }, is_first_party: flag },
}

/** `/clients`. Responses contain secrets only if the caller has `read:client_keys`. */
export async function clients(
  app: FastifyInstance,
  { directory, allowedHosts }: ResourceOptions,
): Promise<void> {
  const { clients } = directory
  const toResponse = (client: Client, { managementScopes }: FastifyRequest) =>
    toClientResponse(client, managementScopes.includes('read:client_keys'))
  const find = (id: string) => requireFound(clients.get(id), 'client')
  const read = {
    schema: { querystring: query },
    config: { scopes: ['read:clients', 'read:client_keys'] },
  }

  app.get<{ Querystring: Paging & Fields & { app_type?: string } }>(
    '/clients',
    read,
    async (request) => {
      const { query } = request
      const types = query.app_type?.split(',')
      const matching = [...clients]
        .map((client) => toResponse(client, request))
        .filter((client) => types?.includes(assertDefined(client.app_type, 'app_type')) ?? true)
        .map((client) => withFields(client, query))
      return offsetPage('clients', matching, query)
    },
  )

  app.get<{ Params: { id: string }; Querystring: Fields }>('/clients/:id', read, async (request) =>
    withFields(toResponse(find(request.params.id), request), request.query),
  )

  app.post<{ Body: ClientChanges }>(
    '/clients',
    { schema: { body: creation }, config: { scopes: ['create:clients'] } },
    async ({ body }, reply) => {
      requireClientUrls(body, allowedHosts)
      const client = newClient(body)
      changeClient(client, body)
      return reply.code(201).send(toClientResponse(clients.persist(client), true))
    },
  )

  app.patch<{ Params: { id: string }; Body: ClientChanges }>(
    '/clients/:id',
    { schema: { body: update }, config: { scopes: ['update:clients'] } },
    async (request) => {
      const client = find(request.params.id)
      requireClientUrls(request.body, allowedHosts)
      changeClient(client, request.body)
      return toResponse(clients.persist(client), request)
    },
  )
}
