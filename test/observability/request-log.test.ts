import type { FastifyInstance, FastifyRequest } from 'fastify'
import { test } from 'tap'
import { testApp } from '../support/app.ts'
import { fakeTenant } from '../support/fakes/tenant.ts'
import { site } from '../support/site.ts'

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
const config = { access: 'public' } as const

function writeAll({ log }: FastifyRequest) {
  for (const level of LEVELS) log[level]({ level: undefined, name: level }, 'from %s', level)
  log.silent({}, 'never written')
  return { message: log.level }
}

/** Routes whose handlers log. */
async function routes(app: FastifyInstance): Promise<void> {
  app.get('/all', { config }, writeAll)
  app.get('/quiet', { config, logLevel: 'error' }, writeAll)
  app.get('/child', { config }, ({ log }, reply) => {
    log.child({ part: 'store' }).info('read')
    reply.log.info('from the reply')
    return {}
  })
  app.get('/louder', { config }, ({ log }) => {
    log.level = 'trace'
    log.trace('written')
    return {}
  })
  const logSerializers = { note: ({ id }: { id: number }) => id }
  app.get('/serialized', { config, logSerializers }, ({ log }) => {
    log.info({ note: { id: 1, text: 'private' } })
    return {}
  })
  app.get('/replaced', { config }, (request) => {
    request.log = request.log.child({ part: 'store' })
    request.log.info('read')
    return {}
  })
  app.get('/none', { config }, () => ({}))
}

test('each line of a handler has the request id', async (t) => {
  const { app, log } = await testApp(t, { routes: [routes], environment: { LOG_LEVEL: 'trace' } })
  const { headers } = await app.inject('/all')
  t.strictSame(
    log.map(({ msg }) => msg),
    [...LEVELS.map((level) => `from ${level}`), 'request'],
  )
  for (const { requestId } of log) t.equal(requestId, headers['x-request-id'])
  log.length = 0
  const [one, two] = await Promise.all([app.inject('/child'), app.inject('/child')])
  const of = (id: unknown) => log.filter(({ requestId }) => requestId === id)
  for (const { headers } of [one, two]) {
    t.match(of(headers['x-request-id']), [
      { msg: 'read', part: 'store' },
      { msg: 'from the reply' },
      { msg: 'request' },
    ])
  }
})

test('the level of a route, and a level that a handler sets', async (t) => {
  const { app, log } = await testApp(t, { routes: [routes] })
  t.equal((await app.inject('/quiet')).json().message, 'error')
  t.strictSame(
    log.map(({ msg }) => msg),
    ['from fatal', 'from error'],
  )
  log.length = 0
  await app.inject('/louder')
  await app.inject('/all')
  const traces = log.filter(({ level }) => level === 10)
  t.match(traces, [{ msg: 'written' }], 'the level of one request')
  t.equal(traces.length, 1)
})

test('serializers of a route apply to the lines of its handler', async (t) => {
  const { app, log } = await testApp(t, { routes: [routes] })
  await app.inject('/serialized')
  t.match(log, [{ note: 1 }, { route: '/serialized' }])
})

test('the line of a response keeps its form, whatever a handler does', async (t) => {
  const { app, log } = await testApp(t, { routes: [routes] })
  for (const url of ['/none', '/all', '/replaced', '/serialized', '/nowhere']) await app.inject(url)
  const lines = log.filter(({ msg }) => msg === 'request')
  t.equal(lines.length, 5)
  const members = ['level', 'time', 'event', 'requestId', 'method', 'route', 'status', 'duration']
  for (const line of lines.slice(0, -1)) t.strictSame(Object.keys(line), [...members, 'msg'])
  t.strictSame(Object.keys(lines.at(-1) ?? {}), [...members, 'msg'], 'also where no route matches')
})

test('page_failed has the id of its request', async (t) => {
  const tenant = await fakeTenant(t)
  const { visitor, log } = await site(t, { tenant })
  tenant.answer = () => ({ status: 500, body: {} })
  const { headers } = await visitor().logIn()
  const line = log.find(({ event }) => event === 'page_failed')
  t.ok(line)
  t.equal(line?.['requestId'], headers['x-request-id'])
  t.equal(log.at(-1)?.['requestId'], line?.['requestId'])
})
