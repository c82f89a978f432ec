import { PassThrough } from 'node:stream'
import { test } from 'tap'
import { Terminal } from '../../src/cli/support/terminal.ts'
import { logFormat } from '../../src/dev/log/log-format.ts'
import { PrettyLog } from '../../src/dev/log/pretty-log.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { apiOf, project } from '../support/product/dev-project.ts'

/** A logger for people, and what it has written. */
function prettyLogger(columns?: number) {
  const stream = Object.assign(new PassThrough(), columns && { isTTY: true, columns })
  const logger = createLogger('trace', new PrettyLog(new Terminal(stream)))
  const written = () => String(stream.read() ?? '')
  return { logger, written }
}

const REQUEST = {
  requestId: 'a-uuid',
  method: 'GET',
  route: '/api/messages/admin',
  status: 403,
  duration: 12.4,
  refusal: 'permission_missing',
}

test('people read the log on a terminal, programs in a pipe', async (t) => {
  t.equal(logFormat([], true), 'pretty')
  t.equal(logFormat([], false), 'json')
})

test('a request is one line, with its hint below', (t) => {
  const { logger, written } = prettyLogger()
  logger.info({ ...REQUEST, hint: 'Assign a role.' }, 'request')
  t.equal(written(), '403 GET /api/messages/admin  permission_missing  12 ms\n    Assign a role.\n')
  logger.info({ ...REQUEST, check: 'ownsIt' }, 'request')
  t.equal(written(), '403 GET /api/messages/admin  permission_missing (ownsIt)  12 ms\n')
  logger.info({ method: 'GET', route: '/x', status: 200, duration: 0.51 }, 'request')
  t.equal(written(), '200 GET /x  0.5 ms\n')
  logger.info({ method: 'GET', route: null, status: 404, duration: 1 }, 'request')
  t.equal(written(), '404 GET (no route)  1.0 ms\n')
  logger.info({ method: null, route: null, status: 400, refusal: 'request_malformed' }, 'request')
  t.equal(written(), '400 malformed request  request_malformed\n')
  t.end()
})

test('an error has its stack, its causes and its code', (t) => {
  const { logger, written } = prettyLogger()
  const cause = Object.assign(new Error('the cause'), { code: 'ECONNREFUSED' })
  const error = Object.assign(new Error('failed', { cause }), { code: 'E_FAILED' })
  logger.error({ ...REQUEST, status: 500, refusal: undefined, err: error }, 'request')
  const text = written()
  t.match(
    text,
    /^500 GET \/api\/messages\/admin {2}12 ms\n {4}Error: failed\n {8}at .*log\.test\.ts/,
  )
  t.match(text, /\n {4}caused by: Error: the cause\n {8}at /)
  t.match(text, /\n {4}code=E_FAILED\n$/)
  logger.fatal({ event: 'uncaught_error', err: 'only a text' }, 'Uncaught error')
  t.equal(written(), 'fatal Uncaught error\n    only a text\n')
  logger.warn({ err: { message: 'no stack', code: 7 } }, 'Odd')
  t.equal(written(), 'warn Odd\n    no stack\n    code=7\n')
  logger.warn({ err: { code: 7 } }, 'Odd')
  t.equal(written(), 'warn Odd\n    code=7\n')
  logger.warn({ err: null }, 'Odd')
  t.equal(written(), 'warn Odd\n    null\n')
  t.end()
})

test('other events are a text with their fields', (t) => {
  const { logger, written } = prettyLogger()
  logger.info({ event: 'keys_fetched', duration: 3, keys: ['a', 'b'] }, 'Fetched the JWKS')
  t.equal(written(), 'Fetched the JWKS  duration=3 keys=["a","b"]\n')
  logger.warn('Several\nlines')
  t.equal(written(), 'warn Several\n    lines\n')
  logger.debug({ event: 'only_an_event' })
  logger.trace({ status: 1, deep: { a: null } }, 'request of a product')
  logger.info({ msg: { not: 'a text' } })
  logger.info({})
  t.equal(
    written(),
    'debug only_an_event\ntrace request of a product  status=1 deep={"a":null}\n{"not":"a text"}\nmessage\n',
  )
  logger.info({ long: 'x'.repeat(1000) }, 'Long')
  t.equal(written(), `Long  long=${'x'.repeat(300)}…\n`)
  t.end()
})

test('on a terminal there are colours and indents, and no control characters of others', (t) => {
  const { logger, written } = prettyLogger(40)
  logger.info(
    { ...REQUEST, status: 302, hint: 'A hint that is longer than one line has.' },
    'request',
  )
  logger.info({ ...REQUEST, status: 101 }, 'request')
  logger.info({ name: '\x1b]0;title\x07' }, 'Created\r\x1b[2J\u202e')
  logger.error({ err: new Error('\x1b[31mred\n403 GET /forged') }, 'Failed')
  const text = written()
  t.match(text, '    A hint that is longer than one line\n    has.')
  const plain = text.replaceAll(/\p{Cc}\[\d+m/gu, '')
  t.notMatch(plain, /(?!\n)[\p{C}\p{Zl}\p{Zp}]/u)
  t.match(plain, 'Created\\u{d}\\u{1b}[2J\\u{202e}')
  t.notMatch(plain, /^403 GET \/forged/m)
  t.end()
})

test('npm run dev writes JSON in a pipe, and the greeting comes last', async (t) => {
  const { dev } = await project(t, { LOG_LEVEL: 'info' })
  const api = await apiOf(dev)
  await dev.says(/tenant status\n\n/)
  const [before = '', after] = dev.output.stdout.split('\n\n  API ')
  const events = before.split('\n').map((line) => JSON.parse(line).event)
  t.ok(events.includes('keys_fetched'))
  t.match(after, /tenant status\n\n$/)
  await fetch(`${api}/text`)
  await dev.says(/\{[^\n]*"route":"\/text"[^\n]*\}\n/)
})

test('with LOG_FORMAT=pretty it is for people also in a pipe', async (t) => {
  const { dev } = await project(t, { LOG_LEVEL: 'info', LOG_FORMAT: 'pretty' })
  await fetch(`${await apiOf(dev)}/text`)
  await dev.says(/^200 GET \/text {2}\d/m)
  t.notOk(dev.output.stdout.includes('\x1b'), 'without colours')
})

test('the status has a colour', async (t) => {
  const { dev } = await project(t, { LOG_LEVEL: 'info', LOG_FORMAT: 'pretty', FORCE_COLOR: '1' })
  await fetch(`${await apiOf(dev)}/text`)
  t.ok(await dev.says(/\p{Cc}\[32m200\p{Cc}\[39m GET \/text/u))
})

test('another LOG_FORMAT stops the start', async (t) => {
  const { dev } = await project(t, { LOG_FORMAT: 'xml' })
  t.strictSame(await dev.exit, { code: 1, signal: null })
  t.match(dev.output.stderr, /LOG_FORMAT is invalid: expected pretty, json, ecs or otel/)
})
