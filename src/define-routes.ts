// The types of `schema.summary`, `tags` and others.
import type {} from '@fastify/swagger'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyPluginAsync,
  FastifyTypeProvider,
  RawServerDefault,
} from 'fastify'
import type { FromSchema, JSONSchema } from 'json-schema-to-ts'

/** Types of requests and replies from the JSON schemas of a route. */
export interface SchemaTypes extends FastifyTypeProvider {
  readonly validator: this['schema'] extends JSONSchema ? FromSchema<this['schema']> : unknown
  readonly serializer: this['schema'] extends JSONSchema ? Reply<FromSchema<this['schema']>> : never
}

/** A response that only has a description is that of an error: no handler returns it. */
type Reply<T> = unknown extends T ? never : T

/** A Fastify instance whose handlers have the types of their schemas. */
export type TypedInstance = FastifyInstance<
  RawServerDefault,
  import('node:http').IncomingMessage,
  import('node:http').ServerResponse,
  FastifyBaseLogger,
  SchemaTypes
>

/**
 * Defines routes whose handlers have the types of their schemas: `request.body`, `request.params`,
 * `request.query` and what a handler returns.
 *
 * @example
 * export const notes = defineRoutes(async (app) => {
 *   const schema = { params: idSchema, response: { 200: noteSchema } } as const
 *   app.get('/notes/:id', { schema, config: { access: {} } }, ({ params }) => find(params.id))
 * })
 */
export function defineRoutes(routes: (app: TypedInstance) => Promise<void>): FastifyPluginAsync {
  return (app) => routes(app.withTypeProvider<SchemaTypes>() as TypedInstance)
}
