import type { Management } from 'auth0'
import type { FastifyInstance } from 'fastify'
import type { Role } from '../../directory/records.ts'
import { ManagementApiError, requireFound } from '../management-api-error.ts'
import { newId } from '../new-id.ts'
import { offsetPage, PAGING, type Paging, page } from '../paging.ts'
import type { RequestProperties, ResourceOptions } from '../resource-options.ts'
import { requireUser, toUserResponse } from './user-mapping.ts'

const name = { type: 'string', minLength: 1, maxLength: 50 }
const creation = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name,
    description: { type: 'string', minLength: 1, maxLength: 255 },
  } satisfies RequestProperties<Management.CreateRoleRequestContent>,
}
const permissionList = {
  type: 'object',
  required: ['permissions'],
  additionalProperties: false,
  properties: {
    permissions: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['resource_server_identifier', 'permission_name'],
        additionalProperties: false,
        properties: {
          resource_server_identifier: { type: 'string' },
          permission_name: { type: 'string' },
        },
      },
    },
  },
}
const userList = {
  type: 'object',
  required: ['users'],
  additionalProperties: false,
  properties: { users: { type: 'array', minItems: 1, items: { type: 'string' } } },
}
const query = {
  type: 'object',
  properties: { ...PAGING, name_filter: { type: 'string' } },
}

interface Permissions {
  readonly permissions: readonly {
    readonly resource_server_identifier: string
    readonly permission_name: string
  }[]
}

type ById = { Params: { id: string } }

/** `/roles`, their permissions and their users. */
export async function roles(app: FastifyInstance, { directory }: ResourceOptions): Promise<void> {
  const { roles, personas } = directory
  const find = (id: string) => requireFound(roles.get(id), 'role')
  const read = { schema: { querystring: query }, config: { scopes: ['read:roles'] } }

  app.get<{ Querystring: Paging & { name_filter?: string } }>('/roles', read, async ({ query }) => {
    const filter = query.name_filter?.toLowerCase() ?? ''
    const matching = [...roles].filter((role) => role.name.toLowerCase().includes(filter))
    return offsetPage('roles', matching.map(toRoleResponse), query)
  })

  app.get<ById>('/roles/:id', read, async ({ params }) => toRoleResponse(find(params.id)))

  app.post<{ Body: { name: string; description?: string } }>(
    '/roles',
    { schema: { body: creation }, config: { scopes: ['create:roles'] } },
    async ({ body: { name, description = name } }) => {
      if (roles.find((role) => role.name === name) !== undefined) {
        throw new ManagementApiError(
          409,
          'There is already a role with this name.',
          'role_conflict',
        )
      }
      return toRoleResponse(
        roles.persist({ id: newId('rol_'), name, description, permissions: [] }),
      )
    },
  )

  app.get<ById & { Querystring: Paging }>(
    '/roles/:id/permissions',
    read,
    async ({ params, query }) => {
      const permissions: Management.PermissionsResponsePayload[] = find(params.id).permissions.map(
        ({ api, name }) => ({
          resource_server_identifier: api,
          permission_name: name,
          resource_server_name: directory.api(api)?.name,
          description: directory.api(api)?.scopes.find(({ value }) => value === name)?.description,
        }),
      )
      return offsetPage('permissions', permissions, query)
    },
  )

  app.post<ById & { Body: Permissions }>(
    '/roles/:id/permissions',
    { schema: { body: permissionList }, config: { scopes: ['update:roles'] } },
    async ({ params, body }, reply) => {
      const role = find(params.id)
      const added = body.permissions.map((permission) => {
        const api = requireFound(
          directory.api(permission.resource_server_identifier),
          'resource_server',
        )
        const { value } = requireFound(
          api.scopes.find((scope) => scope.value === permission.permission_name),
          'permission',
        )
        return { api: api.identifier, name: value }
      })
      for (const { api, name } of added) {
        const isPresent = role.permissions.some((other) => other.api === api && other.name === name)
        if (!isPresent) role.permissions.push({ api, name })
      }
      roles.persist(role)
      return reply.code(201).send()
    },
  )

  app.get<ById & { Querystring: Paging }>('/roles/:id/users', read, async ({ params, query }) => {
    const { name } = find(params.id)
    const users = [...personas].filter((persona) => persona.roles.includes(name))
    return page('users', users.map(toUserResponse), query)
  })

  app.post<ById & { Body: { users: string[] } }>(
    '/roles/:id/users',
    { schema: { body: userList }, config: { scopes: ['update:roles'] } },
    async ({ params, body }, reply) => {
      const { name } = find(params.id)
      const newUsers = body.users.map((id) => requireUser(directory, id))
      for (const persona of newUsers) {
        persona.roles = [...new Set([...persona.roles, name])]
        personas.persist(persona)
      }
      return reply.code(200).send()
    },
  )
}

export function toRoleResponse({ id, name, description }: Role): Management.Role {
  return { id, name, description }
}
