import type { Management } from 'auth0'
import type { FastifyInstance } from 'fastify'
import type { Directory } from '../../directory/directory.ts'
import type { EnabledConnection, Organization } from '../../directory/records.ts'
import { ManagementApiError, requireFound } from '../management-api-error.ts'
import { newId } from '../new-id.ts'
import { offsetPage, PAGING, type Paging, page } from '../paging.ts'
import type { RequestProperties, ResourceOptions } from '../resource-options.ts'

const enabledConnection = {
  type: 'object',
  required: ['connection_id'],
  additionalProperties: false,
  properties: {
    connection_id: { type: 'string' },
    assign_membership_on_login: { type: 'boolean', default: false },
    show_as_button: { type: 'boolean', default: true },
    is_signup_enabled: { type: 'boolean', default: false },
  } satisfies RequestProperties<Management.AddOrganizationConnectionRequestContent>,
}
const creation = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', pattern: '^(?!org_)[a-z0-9][a-z0-9_-]{0,49}$' },
    display_name: { type: 'string', minLength: 1, maxLength: 255 },
    enabled_connections: { type: 'array', maxItems: 10, items: enabledConnection, default: [] },
  } satisfies RequestProperties<Management.CreateOrganizationRequestContent>,
}
const update = {
  type: 'object',
  additionalProperties: false,
  properties: { display_name: creation.properties.display_name },
}
const paging = { type: 'object', properties: PAGING }

interface Creation {
  readonly name: string
  readonly display_name?: string
  readonly enabled_connections: EnabledConnection[]
}

type ById = { Params: { id: string } }

/** `/organizations` and the connections that their members log in with. */
export async function organizations(
  app: FastifyInstance,
  { directory }: ResourceOptions,
): Promise<void> {
  const { organizations, connections } = directory
  const read = { schema: { querystring: paging }, config: { scopes: ['read:organizations'] } }

  app.get<{ Querystring: Paging }>('/organizations', read, async ({ query }) =>
    page('organizations', [...organizations].map(toResponse), query),
  )

  app.get<ById>('/organizations/:id', read, async ({ params }) =>
    toResponse(requireOrganization(directory, params.id)),
  )

  app.get<{ Params: { name: string } }>('/organizations/name/:name', read, async ({ params }) =>
    toResponse(
      requireFound(
        organizations.find(({ name }) => name === params.name),
        'organization',
      ),
    ),
  )

  app.post<{ Body: Creation }>(
    '/organizations',
    { schema: { body: creation }, config: { scopes: ['create:organizations'] } },
    async ({ body }, reply) => {
      const { name, display_name: displayName = name, enabled_connections: enabled } = body
      if (directory.organization(name) !== undefined) {
        const problem = 'An organization with this name already exists.'
        throw new ManagementApiError(409, problem, 'organization_conflict')
      }
      for (const { connection_id: id } of enabled) requireFound(connections.get(id), 'connection')
      const organization = { id: newId('org_'), name, displayName, known: false, enabled }
      return reply.code(201).send(toResponse(organizations.persist(organization)))
    },
  )

  app.patch<ById & { Body: { display_name?: string } }>(
    '/organizations/:id',
    { schema: { body: update }, config: { scopes: ['update:organizations'] } },
    async ({ params, body }) => {
      const organization = requireOrganization(directory, params.id)
      organization.displayName = body.display_name ?? organization.displayName
      return toResponse(organizations.persist(organization))
    },
  )

  app.get<ById & { Querystring: Paging }>(
    '/organizations/:id/enabled_connections',
    { ...read, config: { scopes: ['read:organization_connections'] } },
    async ({ params, query }) => {
      const { enabled } = requireOrganization(directory, params.id)
      return offsetPage('enabled_connections', enabled.map(withConnection), query)
    },
  )

  app.post<ById & { Body: EnabledConnection }>(
    '/organizations/:id/enabled_connections',
    {
      schema: { body: enabledConnection },
      config: { scopes: ['create:organization_connections'] },
    },
    async ({ params, body }, reply) => {
      const organization = requireOrganization(directory, params.id)
      requireFound(connections.get(body.connection_id), 'connection')
      if (organization.enabled.some((other) => other.connection_id === body.connection_id)) {
        const problem = 'The connection is already enabled for the organization.'
        throw new ManagementApiError(409, problem, 'connection_already_enabled')
      }
      organization.enabled = [...organization.enabled, body]
      organizations.persist(organization)
      return reply.code(201).send(withConnection(body))
    },
  )

  function withConnection(enabled: EnabledConnection): Management.OrganizationConnection {
    const { name, strategy } = requireFound(connections.get(enabled.connection_id), 'connection')
    return { ...enabled, connection: { name, strategy } }
  }
}

/** @throws ManagementApiError 404 if there is no organization with this id */
export function requireOrganization({ organizations }: Directory, id: string): Organization {
  return requireFound(organizations.get(id), 'organization')
}

function toResponse({ id, name, displayName }: Organization): Management.Organization {
  return { id, name, display_name: displayName }
}
