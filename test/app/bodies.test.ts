import type { FastifyInstance, FastifyPluginAsync, FastifySchema } from 'fastify'
import { type Test, test } from 'tap'
import { describeServer } from '../../src/cli/openapi.ts'
import { testApp } from '../support/app.ts'

const config = { access: 'public' } as const
const MARKER = 'PLANTED7marker'

/** An app with one route for each schema, at `/0`, `/1` and so on, and the schemas that they share. */
async function appWith(t: Test, schemas: FastifySchema[], shared: object[] = []) {
  const routes: FastifyPluginAsync = async (app) => {
    for (const schema of shared) app.addSchema(schema)
    for (const [index, schema] of schemas.entries())
      app.post(`/${index}`, { config, schema }, ({ body }) => body)
  }
  const { app } = await testApp(t, { routes: [routes] })
  return {
    app,
    /** The status, and the paths and messages of the problems. */
    async post(url: string, body: unknown, headers = {}) {
      const response = await app.inject({
        method: 'POST',
        url,
        headers: { 'content-type': 'application/json', ...headers },
        payload: typeof body === 'string' ? body : JSON.stringify(body),
      })
      const errors = response.json()?.errors as { path: string; message: string }[] | undefined
      return {
        status: response.statusCode,
        text: response.body,
        errors: errors?.map(({ path, message }) => `${path}: ${message}`).sort(),
      }
    },
  }
}

const ID = { $id: 'id', type: 'integer', minimum: 1 }
const NOTE = {
  $id: 'note',
  title: 'Note',
  type: 'object',
  required: ['title'],
  properties: { title: { $ref: '#/definitions/title' }, id: { $ref: 'id#' } },
  definitions: { title: { type: 'string', maxLength: 5 } },
}

async function sharing(app: FastifyInstance): Promise<void> {
  app.addSchema(ID)
  await app.register(async (scope) => {
    scope.addSchema(NOTE)
    const schema = {
      params: { type: 'object', properties: { id: { $ref: 'id#' } } },
      querystring: { type: 'object', properties: { page: { $ref: 'id#' } } },
      headers: {
        type: 'object',
        required: ['X-Count'],
        properties: { 'X-Count': { $ref: 'id#' } },
      },
      body: { $ref: 'note#' },
      response: { 200: { type: 'array', items: { $ref: 'note#' } } },
    }
    scope.post('/notes/:id', { config, schema }, ({ body }) => [
      { ...(body as object), secret: 'not in the schema' },
    ])
    scope.put('/notes/:id', { config, schema: { body: scope.getSchema('note') } }, () => ({}))
  })
  await app.register(async (scope) => {
    scope.addSchema({ ...NOTE, required: ['id'] })
    scope.post('/others', { config, schema: { body: { $ref: 'note#' } } }, () => ({}))
  })
}

test('schemas of app.addSchema, in every part of a request and a response', async (t) => {
  const { app } = await testApp(t, { routes: [sharing] })
  const post = (url: string, payload: object, count = '1') =>
    app.inject({ method: 'POST', url, payload, headers: { 'x-count': count } })
  const good = await post('/notes/1?page=2', { title: 'a', id: 3 })
  t.strictSame(good.json(), [{ title: 'a', id: 3 }])
  for (const [response, path, message] of [
    [await post('/notes/0', { title: 'a' }), '/id', 'must be >= 1'],
    [await post('/notes/1?page=0', { title: 'a' }), '/page', 'must be >= 1'],
    [await post('/notes/1', { title: 'a' }, '0'), '/x-count', 'must be >= 1'],
    [await post('/notes/1', {}), '/title', 'is required'],
    [await post('/notes/1', { title: 'abcdef' }), '/title', 'must NOT have more than 5 characters'],
    [await post('/notes/1', { title: 'a', id: '1' }), '/id', 'must be integer'],
    [await post('/others', { title: 'a' }), '/id', 'is required'],
  ] as const) {
    t.equal(response.statusCode, 400, path)
    t.strictSame(response.json().errors, [{ path, message }])
  }
  const put = await app.inject({ method: 'PUT', url: '/notes/1', payload: {} })
  t.strictSame(put.json().errors, [{ path: '/title', message: 'is required' }])
})

test('shared schemas are components of the OpenAPI document', async (t) => {
  const { components, paths } = await describeServer({
    routes: [
      async (app) => {
        app.addSchema(ID)
        await app.register(async (scope) => {
          scope.addSchema(NOTE)
          const schema = { body: { $ref: 'note#' }, response: { 200: { $ref: 'note#' } } }
          scope.post('/notes', { config, schema }, ({ body }) => body)
        })
      },
    ],
  })
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/note' } } }
  t.match(paths['/notes']?.['post'], { requestBody: { content }, responses: { 200: { content } } })
  t.match(components.schemas, {
    note: { title: 'Note', properties: { id: { $ref: '#/components/schemas/id' } } },
    id: { type: 'integer', minimum: 1 },
  })
})

test('schemas of one $id in two scopes cannot be described', async (t) => {
  await t.rejects(describeServer({ routes: [sharing] }), {
    message: /two schemas with the \$id 'note'/,
  })
})

test('shared schemas with names that components have, or cannot have', async (t) => {
  const ids = ['Error', 'https://a.test/b', 'https:__a.test_b']
  const { components, paths } = await describeServer({
    routes: [
      async (app) => {
        for (const $id of ids) app.addSchema({ $id, type: 'string', title: `Of ${$id}` })
        for (const [index, $id] of ids.entries()) {
          const schema = { body: { $ref: $id }, response: { 200: { $ref: `${$id}#` } } }
          app.post(`/${index}`, { config, schema }, () => '')
        }
      },
    ],
  })
  for (const [index, $id] of ids.entries()) {
    const { schema } = paths[`/${index}`]?.['post']?.requestBody?.content['application/json'] ?? {}
    const name = String((schema as { $ref: string }).$ref).replace('#/components/schemas/', '')
    t.match(components.schemas[name], { title: `Of ${$id}` })
    t.match(name, /^[\w.-]+$/)
  }
  t.match(components.schemas['Error'], { title: 'Error' })
})

test('a schema that does not compile stops the start, and the error names the route', async (t) => {
  const bad: [FastifySchema, object[]?][] = [
    [{ body: { type: 'strnig' } }],
    [{ body: { $ref: 'nowhere#' } }],
    [{ querystring: { type: 'object', propreties: {} } }],
    [{ headers: { type: 'object', properties: { a: { minimum: 'x' } } } }],
    [{ params: { $ref: 'broken#' } }, [{ $id: 'broken', type: 'strnig' }]],
    [{ response: { 200: { $ref: 'nowhere#' } } }],
  ]
  for (const [schema, shared] of bad) {
    const { app } = await appWith(t, [schema], shared)
    await t.rejects(async () => void (await app.ready()), { message: /POST: \/0/ })
  }
  const { app } = await appWith(t, [{ headers: true, body: true }])
  await t.resolves(async () => void (await app.ready()))
})

const COMPOSED = {
  type: 'object',
  definitions: {
    'a/b': { type: 'object', properties: { '~x/y': { type: 'string' } } },
    node: {
      type: 'object',
      properties: { next: { $ref: '#/definitions/node' }, value: { type: 'string' } },
    },
  },
  allOf: [{ type: 'object', properties: { inAll: { type: 'string' } } }],
  anyOf: [
    { type: 'object', properties: { inAny: { type: 'string' } } },
    { not: { required: ['inAny'] } },
  ],
  if: { required: ['kind'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { type: 'object', properties: { kind: { enum: ['a', 1, null] } } },
  dependencies: {
    dependent: ['other'],
    deep: { type: 'object', properties: { deep: { type: 'object' } } },
  },
  properties: {
    'a/b~c': { $ref: '#/definitions/a~1b' },
    node: { $ref: '#/definitions/node' },
    list: {
      type: 'array',
      minItems: 1,
      items: [{ type: 'string' }],
      additionalItems: { type: 'integer' },
    },
    map: {
      type: 'object',
      patternProperties: { '^x': { type: 'string' } },
      additionalProperties: { type: 'object', properties: { a: { type: 'string' } } },
    },
    fixed: { const: 1 },
    names: { type: 'object', propertyNames: { maxLength: 3, enum: ['abc', 'x'] } },
    strict: {
      type: 'object',
      required: ['m/n'],
      additionalProperties: false,
      properties: { 'm/n': {} },
    },
    foreign: {
      anyOf: [{ $ref: 'shared#/definitions/a' }, { $ref: 'shared' }, { $ref: 'shared#' }],
    },
  },
} as const
const SHARED = {
  $id: 'shared',
  definitions: {
    a: { type: 'object', properties: { known: { $ref: '#/definitions/b' } } },
    b: { type: 'string' },
  },
  type: 'null',
}

test('paths are JSON Pointers with the names that a schema declares', async (t) => {
  const { post } = await appWith(t, [{ body: COMPOSED }], [SHARED])
  const cases: [body: object, ...errors: string[]][] = [
    [{ 'a/b~c': { '~x/y': 1 } }, '/a~1b~0c/~0x~1y: must be string'],
    [{ node: { next: { next: { value: 1 } } } }, '/node/next/next/value: must be string'],
    [{ inAll: 1 }, '/inAll: must be string'],
    [{ kind: 'c' }, '/kind: must be one of a, 1, null', ': must match "then" schema'],
    [{ dependent: 1 }, ': must have property other when property dependent is present'],
    [{ list: [1, 'a'] }, '/list/0: must be string', '/list/1: must be integer'],
    [{ map: { [MARKER]: { a: 1 } } }, '/map/*/a: must be string'],
    [{ map: { 4915112345678: { a: 1 } } }, '/map/*/a: must be string'],
    [{ fixed: MARKER }, '/fixed: must be equal to constant'],
    [
      { strict: { [MARKER]: 1 } },
      '/strict/m~1n: is required',
      '/strict: must not have other members',
    ],
  ]
  for (const [body, ...expected] of cases) {
    const { status, text, errors } = await post('/0', body)
    t.strictSame([status, errors], [400, expected.sort()], JSON.stringify(body))
    t.notMatch(text, MARKER)
  }
  t.match((await post('/0', { inAny: 1 })).errors, [/^\/inAny: must be string/])
  t.match((await post('/0', { foreign: { known: 1 } })).errors, ['/foreign/known: must be string'])
})

test('names that the client chose are in no message', async (t) => {
  const { post } = await appWith(t, [{ body: COMPOSED }], [SHARED])
  const { text, errors } = await post('/0', { names: { [MARKER]: 1 } })
  t.strictSame(errors, [
    '/names: property name must be valid',
    '/names: the names of members: must NOT have more than 3 characters',
    '/names: the names of members: must be one of abc, x',
  ])
  t.notMatch(text, MARKER)
})

test('the schema of a media type', async (t) => {
  const schema = { properties: { known: { type: 'string' } } }
  const { post } = await appWith(t, [
    { body: { content: { 'application/json': { schema: { type: 'object', ...schema } } } } },
  ])
  t.strictSame(await post('/0', { known: 1 }).then(({ errors }) => errors), [
    '/known: must be string',
  ])
})

test('deep bodies are 400, and long paths are cut', async (t) => {
  const { post } = await appWith(t, [{ body: COMPOSED }, {}], [SHARED])
  const nested = (depth: number) => `${'{"next":'.repeat(depth)}{"value":1}${'}'.repeat(depth)}`
  const cut = await post('/0', `{"node":${nested(60)}}`)
  t.equal(cut.status, 400)
  t.strictSame(cut.errors, [`/node${'/next'.repeat(31)}: must be string`])
  t.match(await post('/0', `{"node":${nested(6000)}}`), {
    status: 400,
    text: '{"message":"Bad Request"}',
  })
  t.match(await post('/1', '['.repeat(30_000) + ']'.repeat(30_000)), { status: 400 })
})

test('duplicate items are found in a time that grows with the size', async (t) => {
  const list = { type: 'array', uniqueItems: true }
  const { post } = await appWith(t, [{ body: list }, { body: { ...list, uniqueItems: false } }])
  for (const [items, isUnique] of [
    [[], true],
    [[1, '1', true, 'true', null, 'null', [], [[]], {}, { a: 1 }, { a: [1] }], true],
    [
      [
        { a: 1, b: { c: 2, d: 3 } },
        { b: { d: 3, c: 2 }, a: 1 },
      ],
      false,
    ],
    [[[{ a: 1 }], [{ a: 1 }]], false],
    [[1, 2, 1], false],
  ] as const) {
    const { status, errors } = await post('/0', items)
    t.equal(status, isUnique ? 200 : 400, JSON.stringify(items))
    if (!isUnique) t.strictSame(errors, [': must NOT have duplicate items'])
    t.equal((await post('/1', items)).status, 200)
  }
  const bodyOf = (size: number) => JSON.stringify(Array.from({ length: size }, (_, a) => ({ a })))
  const body = bodyOf(6_000)
  await post('/0', body)
  const started = performance.now()
  t.equal((await post('/0', body)).status, 200)
  t.ok(performance.now() - started < 500, 'it took 1.5 s')
})

test('a validator of the product', async (t) => {
  const { app } = await testApp(t, {
    routes: [
      async (app) => {
        app.setValidatorCompiler(() => () => ({ error: new Error(`bad ${MARKER}`) }))
        app.post('/own', { config, schema: { body: {} } }, () => ({}))
      },
    ],
  })
  const response = await app.inject({ method: 'POST', url: '/own', payload: {} })
  t.equal(response.statusCode, 400)
  t.strictSame(response.json(), { message: 'Bad Request', code: 'invalid_request' })
})
