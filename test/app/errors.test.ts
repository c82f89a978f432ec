import { errorCodes, type FastifyInstance } from 'fastify'
import { test } from 'tap'
import { testApp } from '../support/app.ts'
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
