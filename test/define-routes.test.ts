import { join } from 'node:path'
import { test } from 'tap'
import { typeErrors } from './support/product/type-check.ts'

const src = join(import.meta.dirname, '../src')

const routes = (handler: string) => `
import { defineRoutes } from '${src}/define-routes.ts'
import { fail } from '${src}/http/http-error.ts'

const schema = {
  params: { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } },
  querystring: { type: 'object', properties: { limit: { type: 'integer', default: 20 } } },
  body: {
    type: 'object',
    required: ['title'],
    properties: { title: { type: 'string' }, color: { enum: ['red', 'green'] } },
    additionalProperties: false,
  },
  response: {
    200: {
      type: 'object',
      required: ['id', 'title'],
      properties: { id: { type: 'integer' }, title: { type: 'string' } },
      additionalProperties: false,
    },
    404: { description: 'There is no such note.' },
  },
} as const

export const notes = defineRoutes(async (app) => {
  app.put('/notes/:id', { schema, config: { access: {} } }, ${handler})
})
`

const RIGHT = {
  'sync.ts': '({ params: { id }, body: { title } }) => ({ id, title })',
  'async.ts':
    'async ({ params: { id }, body }) => (body.color === "red" ? fail(404) : { id, title: body.title })',
  'query.ts': '({ query: { limit } }) => ({ id: limit + 1, title: "" })',
  'send.ts': 'async (_request, reply) => reply.code(200).send({ id: 1, title: "" })',
}

const WRONG = {
  'parameter-unknown.ts': '({ params }) => ({ id: params.number, title: "" })',
  'parameter-type.ts': '({ params }) => ({ id: 1, title: params.id })',
  'body-member.ts': '({ body }) => ({ id: 1, title: body.name })',
  'body-optional.ts': '({ body }) => ({ id: 1, title: body.color })',
  'body-value.ts': '({ body: { title, color } }) => ({ id: color === "blue" ? 1 : 2, title })',
  'query-type.ts': '({ query }) => ({ id: 1, title: query.limit })',
  'reply-member.ts': '() => ({ id: 1 })',
  'reply-type.ts': 'async () => ({ id: "1", title: "" })',
  'reply-send.ts': 'async (_request, reply) => reply.code(200).send({ id: 1 })',
  'fail-status.ts': '() => fail(401)',
  'fail-success.ts': '() => fail(200)',
}

test('handlers have the types of their schemas', async (t) => {
  const all = { ...RIGHT, ...WRONG }
  const files = Object.entries(all).map(([file, handler]) => [file, routes(handler)])
  const errors = typeErrors(t.testdir(Object.fromEntries(files)), Object.keys(all))
  for (const file of Object.keys(RIGHT)) t.strictSame(errors[file], [], `${file} compiles`)
  for (const file of Object.keys(WRONG)) t.not(errors[file]?.length, 0, `${file} does not compile`)
})
