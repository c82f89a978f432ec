import type { Management } from 'auth0'
import type { FastifyInstance } from 'fastify'
import type { Connection } from '../../directory/records.ts'
import { requireFound } from '../management-api-error.ts'
import { FIELDS, type Fields, PAGING, type Paging, page, withFields } from '../paging.ts'
import type { RequestProperties, ResourceOptions } from '../resource-options.ts'

/** As in Auth0, the name of a connection cannot be changed: a request with `name` gets 400. */
const update = {
  type: 'object',
  additionalProperties: false,
  properties: {
    display_name: { type: 'string', maxLength: 128 },
    options: { type: 'object' },
    metadata: { type: 'object' },
    realms: { type: 'array', items: { type: 'string' } },
    is_domain_connection: { type: 'boolean' },
    show_as_button: { type: 'boolean' },
  } satisfies RequestProperties<Management.UpdateConnectionRequestContent>,
}
const query = {
  type: 'object',
  properties: {
    ...PAGING,
    ...FIELDS,
    strategy: { type: 'array', items: { type: 'string' } },
    name: { type: 'string' },
  },
}

type Changes = Record<string, unknown> & { readonly display_name?: string }

/** `/connections`: the sources of users. */
export async function connections(
  app: FastifyInstance,
  { directory }: ResourceOptions,
): Promise<void> {
  const { connections } = directory
  const read = { schema: { querystring: query }, config: { scopes: ['read:connections'] } }

  app.get<{ Querystring: Paging & Fields & { strategy?: string[]; name?: string } }>(
    '/connections',
    read,
    async ({ query }) => {
      const matching = [...connections]
        .filter(({ strategy }) => query.strategy?.includes(strategy) ?? true)
        .filter(({ name }) => name === (query.name ?? name))
        .map((connection) => withFields(toResponse(connection), query))
      return page('connections', matching, query)
    },
  )

  app.get<{ Params: { id: string }; Querystring: Fields }>(
    '/connections/:id',
    read,
    async ({ params, query }) =>
      withFields(toResponse(requireFound(connections.get(params.id), 'connection')), query),
  )

  app.patch<{ Params: { id: string }; Body: Changes }>(
    '/connections/:id',
    { schema: { body: update }, config: { scopes: ['update:connections'] } },
    async ({ params, body }) => {
      const connection = requireFound(connections.get(params.id), 'connection')
      const { display_name: displayName = connection.displayName, ...settings } = body
      connection.displayName = displayName
      connection.settings = { ...connection.settings, ...settings }
      return toResponse(connections.persist(connection))
    },
  )
}

function toResponse({
  id,
  name,
  displayName,
  strategy,
  settings,
}: Connection): Management.ConnectionForList {
  return {
    options: {},
    realms: [name],
    is_domain_connection: false,
    ...settings,
    id,
    name,
    display_name: displayName,
    strategy,
  }
}
