import { errorCodes, type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type Test, test } from 'tap'
import { fail } from '../../src/index.ts'
import { ORIGIN, testApp } from '../support/app.ts'
import { token } from '../support/tokens/tokens.ts'

const config = { access: 'public' } as const

/** An app whose route throws. */
const throwing = (error: unknown) => async (app: FastifyInstance) => {
  app.get('/throw', { config }, async () => {
    throw error
  })
}
const withStatus = (statusCode: number, members: object = {}) =>
  Object.assign(new Error('foreign'), { statusCode, ...members })
/** As plugins of Fastify make them, with @fastify/error. */
const ofPlugin = (statusCode: number, code: string) =>
  withStatus(statusCode, { name: 'FastifyError', code })

test('the status of a foreign error counts only if it is made for the client', async (t) => {
  const cases: [name: string, error: unknown, status: number][] = [
    ['a library', withStatus(400), 500],
    ['a client of another API: not found', withStatus(404), 500],
    ['a client of another API: forbidden', withStatus(403), 500],
    ['a client of another API: unauthorized', withStatus(401), 500],
    ['http-errors', withStatus(404, { expose: true }), 404],
    ['http-errors: unauthorized', withStatus(401, { expose: true }), 500],
    ['http-errors: not exposed', withStatus(404, { expose: false }), 500],
    ['a plugin of Fastify', ofPlugin(413, 'FST_FILES_LIMIT'), 413],
    ['a plugin of Fastify: forbidden', ofPlugin(403, 'FST_X'), 403],
    ['a plugin of Fastify: unauthorized', ofPlugin(401, 'FST_X'), 500],
    ['a plugin of Fastify: a proxy', ofPlugin(407, 'FST_X'), 500],
    ['a plugin of Fastify: no such status', ofPlugin(499, 'FST_X'), 500],
    ['a plugin of Fastify: unavailable', ofPlugin(503, 'FST_X'), 500],
    ['nothing', null, 500],
  ]
  for (const [name, error, status] of cases) {
    const { call, log } = await testApp(t, { routes: [throwing(error)] })
    const response = await call('/throw', token())
    t.equal(response.status, status, name)
    t.notOk(response.headers['www-authenticate'])
    t.match(log.at(-1), { status, level: status === 500 ? 50 : 30 }, name)
  }
})

test('only codes of a fixed set are refusals', async (t) => {
  const named = (code: string) => Object.assign(new Error('own'), { code })
  const cases: [error: unknown, refusal: string | undefined][] = [
    [named('FST_ERR_NOTE_LOCKED'), undefined],
    [named('FST_ERR_CTP_BODY_TOO_LARGE'), undefined],
    [named('FST_ERR_VALIDATION'), undefined],
    [named('constructor'), undefined],
    [ofPlugin(409, 'FST_ERR_NOTE_LOCKED'), undefined],
    [new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE(), 'FST_ERR_CTP_BODY_TOO_LARGE'],
  ]
  for (const [error, refusal] of cases) {
    const { call, log } = await testApp(t, { routes: [throwing(error)] })
    await call('/throw')
    t.equal(log.at(-1)?.['refusal'], refusal)
  }
})

test('a dry run has the message of a response, with problem details too', async (t) => {
  for (const problemDetails of [false, true]) {
    const { app } = await testApp(t, { problemDetails })
    await app.ready()
    const run = (url: string) => app.dryRun({ method: 'GET', url })
    t.match(await run('/probe/protected'), { status: 401, message: 'Requires authentication' })
    t.match(await run('/nowhere'), { status: 404, message: 'Not Found' })
  }
})

const NEUTRAL = '{"message":"Internal Server Error"}'

/** The line of the last request. Fastify may warn after it that a response was sent already. */
const line = (log: readonly Record<string, unknown>[]) =>
  log.findLast(({ msg }) => msg === 'request')

/** An app with a route that answers, and with whatever a product adds to it. */
async function failing(t: Test, add: (app: FastifyInstance) => void) {
  const { app, log } = await testApp(t, {
    routes: [
      fp(async (app) => {
        add(app)
        app.get('/ok', { config }, async (_request, reply) => reply.send({ message: 'ok' }))
      }),
    ],
  })
  return { call: (url: string) => app.inject({ url, headers: { origin: ORIGIN } }), log }
}

test('a response that cannot be sent is a 500 without a word of the error', async (t) => {
  const cases: Record<string, (app: FastifyInstance) => void> = {
    'onSend throws, for errors too': (app) =>
      app.addHook('onSend', async () => {
        throw Object.assign(new Error('SECRET'), { code: 'SECRET', statusCode: 404 })
      }),
    'onSend throws twice': (app) => {
      const seen = new WeakMap<object, number>()
      app.addHook('onSend', async (request) => {
        const times = (seen.get(request) ?? 0) + 1
        seen.set(request, times)
        if (times <= 2) throw Object.assign(new Error('SECRET'), { statusCode: 404 })
      })
    },
    'a header is invalid': (app) =>
      app.addHook('onRequest', async (_request, reply) => void reply.header('x-own', 'SECRET\n')),
    'preSerialization throws': (app) =>
      app.addHook('preSerialization', async () => {
        throw new Error('SECRET')
      }),
  }
  for (const [name, add] of Object.entries(cases)) {
    const { call, log } = await failing(t, add)
    const { statusCode, body, headers } = await call('/ok')
    t.equal(statusCode, 500, name)
    t.equal(body, NEUTRAL, name)
    t.match(headers, {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'access-control-allow-origin': ORIGIN,
      'x-request-id': /^[\da-f-]{36}$/,
    })
    t.notMatch(JSON.stringify(headers), /SECRET/)
    t.match(line(log), { status: 500, level: 50, err: {}, requestId: headers['x-request-id'] })
  }
})

test('a rejection whose hook throws is a 500, and is logged as one', async (t) => {
  const { call, log } = await failing(t, (app) =>
    app.addHook('onSend', async (_request, reply) => {
      if (reply.statusCode === 404) throw new Error('SECRET')
    }),
  )
  const { statusCode, body } = await call('/nowhere')
  t.equal(statusCode, 500)
  t.equal(body, NEUTRAL)
  t.match(line(log), { status: 500, level: 50, refusal: undefined })
})

test('whatever is thrown, the client learns nothing of it', async (t) => {
  const throwing = (name: string) =>
    Object.defineProperty(new Error('SECRET'), name, {
      get() {
        throw new Error('SECRET')
      },
    })
  const odd: Record<string, unknown> = {
    'a symbol as its status': withStatus(0, { name: 'FastifyError', statusCode: Symbol('SECRET') }),
    'a status that throws': throwing('statusCode'),
    'a code that throws': throwing('code'),
    'a name that throws': throwing('name'),
    'a proxy': new Proxy(
      {},
      {
        get() {
          throw new Error('SECRET')
        },
      },
    ),
    'a text': 'SECRET',
    'a symbol': Symbol('SECRET'),
    undefined: undefined,
    'an object without a prototype': Object.assign(Object.create(null), { message: 'SECRET' }),
  }
  for (const [name, thrown] of Object.entries(odd)) {
    const { call, log } = await failing(t, (app) =>
      app.get('/odd', { config }, async () => {
        throw thrown
      }),
    )
    const { statusCode, body } = await call('/odd')
    t.equal(statusCode, 500, name)
    t.equal(body, NEUTRAL, name)
    t.match(line(log), { status: 500 }, name)
  }
})

test('details that JSON cannot express are a fault of the server', async (t) => {
  const { call, log } = await failing(t, (app) =>
    app.get('/odd', { config }, () => fail(409, { code: 1n as unknown as string })),
  )
  const { statusCode, body } = await call('/odd')
  t.equal(statusCode, 500)
  t.equal(body, NEUTRAL)
  t.match(line(log), { level: 50, err: { type: 'TypeError' } })
})

test('an error has no header of the response that it replaces', async (t) => {
  const { call } = await failing(t, (app) =>
    app.get('/late', { config }, async (_request, reply) => {
      reply.headers({
        'cache-control': 'public, max-age=60',
        'content-encoding': 'gzip',
        'content-disposition': 'attachment',
        'content-range': 'bytes 0-1/2',
        etag: '"1"',
        'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
        location: '/elsewhere',
        'set-cookie': 'kept=1',
        'x-own': 'kept',
      })
      throw new Error('late')
    }),
  )
  const { statusCode, headers } = await call('/late')
  t.equal(statusCode, 500)
  t.match(headers, { 'cache-control': 'no-store', 'set-cookie': 'kept=1', 'x-own': 'kept' })
  for (const name of ['content-encoding', 'content-disposition', 'content-range'])
    t.notOk(name in headers, name)
  for (const name of ['etag', 'last-modified', 'location']) t.notOk(name in headers, name)
})
