import type { FastifyInstance } from 'fastify'
import type { ResourceOptions } from '../management-api.ts'
import { found } from '../management-error.ts'
import { FIELDS, type Fields, offsetPage, PAGING, type Paging, withFields } from '../paging.ts'
import { describeRole } from './roles.ts'
import { describeUser, userBy } from './user-shape.ts'

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

/** `/users-by-email`, `/users/{id}`, and the roles that people have. */
export async function users(app: FastifyInstance, { directory }: ResourceOptions): Promise<void> {
  const { personas, roles } = directory

  app.get<{ Querystring: Fields & { email: string } }>(
    '/users-by-email',
    { schema: { querystring: byEmail }, config: { scopes: ['read:users'] } },
    async ({ query }) =>
      [...personas]
        .filter(({ email }) => email.toLowerCase() === query.email.toLowerCase())
        .map((persona) => withFields(describeUser(persona), query)),
  )

  app.get<ById & { Querystring: Fields }>(
    '/users/:id',
    { schema: { querystring: fields }, config: { scopes: ['read:users'] } },
    async ({ params, query }) => withFields(describeUser(userBy(directory, params.id)), query),
  )

  app.get<ById & { Querystring: Paging }>(
    '/users/:id/roles',
    { schema: { querystring: paging }, config: { scopes: ['read:users', 'read:roles'] } },
    async ({ params, query }) => {
      const { roles: names } = userBy(directory, params.id)
      const held = [...roles].filter(({ name }) => names.includes(name))
      return offsetPage('roles', held.map(describeRole), query)
    },
  )

  app.post<ById & { Body: { roles: string[] } }>(
    '/users/:id/roles',
    { schema: { body: roleList }, config: { scopes: ['update:users'] } },
    async ({ params, body }, reply) => {
      const persona = userBy(directory, params.id)
      const names = body.roles.map((id) => found(roles.get(id), 'role').name)
      persona.roles = [...new Set([...persona.roles, ...names])]
      personas.keep(persona)
      return reply.code(204).send()
    },
  )
}
