import type { FastifyInstance } from 'fastify'
import { requireFound } from '../management-api-error.ts'
import { FIELDS, type Fields, offsetPage, PAGING, type Paging, withFields } from '../paging.ts'
import type { ResourceOptions } from '../resource-options.ts'
import { toRoleResponse } from './roles.ts'
import { requireUser, toUserResponse } from './user-mapping.ts'

const byEmail = {
  type: 'object',
  required: ['email'],
  properties: { ...FIELDS, email: { type: 'string' } },
}
const paging = { type: 'object', properties: PAGING }
const fields = { type: 'object', properties: FIELDS }
const roleList = {
  type: 'object',
  required: ['roles'],
  additionalProperties: false,
  properties: { roles: { type: 'array', minItems: 1, items: { type: 'string' } } },
}

type ById = { Params: { id: string } }

/** `/users-by-email`, `/users/{id}` and the roles of users. */
export async function users(app: FastifyInstance, { directory }: ResourceOptions): Promise<void> {
  const { personas, roles } = directory

  app.get<{ Querystring: Fields & { email: string } }>(
    '/users-by-email',
    { schema: { querystring: byEmail }, config: { scopes: ['read:users'] } },
    async ({ query }) =>
      [...personas]
        .filter(({ email }) => email.toLowerCase() === query.email.toLowerCase())
        .map((persona) => withFields(toUserResponse(persona), query)),
  )

  app.get<ById & { Querystring: Fields }>(
    '/users/:id',
    { schema: { querystring: fields }, config: { scopes: ['read:users'] } },
    async ({ params, query }) =>
      withFields(toUserResponse(requireUser(directory, params.id)), query),
  )

  app.get<ById & { Querystring: Paging }>(
    '/users/:id/roles',
    { schema: { querystring: paging }, config: { scopes: ['read:users', 'read:roles'] } },
    async ({ params, query }) => {
      const { roles: names } = requireUser(directory, params.id)
      const assigned = [...roles].filter(({ name }) => names.includes(name))
      return offsetPage('roles', assigned.map(toRoleResponse), query)
    },
  )

  app.post<ById & { Body: { roles: string[] } }>(
    '/users/:id/roles',
    { schema: { body: roleList }, config: { scopes: ['update:users'] } },
    async ({ params, body }, reply) => {
      const persona = requireUser(directory, params.id)
      const names = body.roles.map((id) => requireFound(roles.get(id), 'role').name)
      persona.roles = [...new Set([...persona.roles, ...names])]
      personas.persist(persona)
      return reply.code(204).send()
    },
  )
}
