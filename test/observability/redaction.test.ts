import fc from 'fast-check'
import { type Test, test } from 'tap'
import { createLogger } from '../../src/observability/logger.ts'
import { redactLine } from '../../src/observability/redaction/redact-value.ts'
import { logSink } from '../support/log-sink.ts'

const SECRET = 'PLANTED7marker'
const HEADER = Buffer.from('{"alg":"RS256"}').toString('base64url')
const JWT = `${HEADER}.${SECRET}.${SECRET}`

function logger() {
  const { log, destination } = logSink()
  return { log, logger: createLogger('info', destination) }
}

/** What is logged for members, or for a message. */
function logged(entry: object | string): Record<string, unknown> {
  const { log, logger: target } = logger()
  if (typeof entry === 'string') target.info(entry)
  else target.info(entry)
  return log[0] ?? {}
}

test('the value of a member with a secret name is redacted, whatever it is', async (t) => {
  for (const value of [
    SECRET,
    [`a=x]y`, `session=${SECRET}`],
    { nested: { value: SECRET } },
    [[SECRET], { a: SECRET }],
    123_456,
    123n,
    new URL(`https://x.test/${SECRET}`),
    Buffer.from(SECRET),
    '',
  ]) {
    for (const name of ['set-cookie', 'Authorization', 'access_token', 'dbPassword', 'x-api-key']) {
      t.equal(logged({ [name]: value })[name], '[redacted]', name)
      t.strictSame(logged({ a: [{ [name]: value }] })['a'], [{ [name]: '[redacted]' }], name)
    }
  }
})

test('secrets in lists are redacted', async (t) => {
  const rawHeaders = ['Host', 'x', 'Cookie', `a=${SECRET}`, 'set-cookie', SECRET, 'DPoP', SECRET]
  t.match(logged({ rawHeaders, tokens: [SECRET] }), { tokens: '[redacted]' })
  t.strictSame(logged({ rawHeaders })['rawHeaders'], [
    ...['Host', 'x', 'Cookie', '[redacted]'],
    ...['set-cookie', '[redacted]', 'DPoP', '[redacted]'],
  ])
})

test('what is not a secret is logged as it is', async (t) => {
  const entry = {
    token: null,
    hasToken: true,
    tokens: 5,
    monkey: 'banana',
    keyJsonName: 'x',
    date: '2026-01-01',
    domain: 'eyewear.example.com',
    other: 'eyjafjalla-hotel.example.com',
    text: 'a = b, c: "d"? Yes & no # e',
    list: [1, 'a', null, { b: false }],
  }
  const { level, time, event, ...rest } = logged(entry)
  t.strictSame(rest, entry)
  t.equal(event, 'message')
})

test('secrets in texts are redacted, at any depth', async (t) => {
  const texts = [
    `Bearer ${SECRET}`,
    `a\nbearer\t${SECRET}`,
    `Basic%20${SECRET}`,
    `text\n${JWT}`,
    `s%3A${JWT}`,
    `https://user:${SECRET}@host/`,
    `postgres://:${SECRET}@host/`,
    `/callback?code=${SECRET}&state=${SECRET}#id_token=${SECRET}`,
    `Cookie: a=b; session=${SECRET}\r\nHost: x`,
    `authorization: Negotiate ${SECRET}`,
    `grant_type=password&password=${SECRET}`,
    `{ client_secret: '${SECRET} ${SECRET}' }`,
    JSON.stringify({ a: [{ refresh_token: SECRET }] }),
    JSON.stringify({ a: JSON.stringify({ token: [SECRET, { b: SECRET }] }) }),
    `The response was {"access_token": "${SECRET}", "x": "${SECRET}"}`,
    `{"password":12345${SECRET}`,
    `The password: ${SECRET} was refused`,
    `PWD:${SECRET};`,
  ]
  for (const text of texts) {
    for (const entry of [text, { text }, { a: [{ b: text }] }, { err: new Error(text) }]) {
      t.notMatch(JSON.stringify(logged(entry)), SECRET, text)
    }
    const cause = { err: Object.assign(new Error('x'), { config: { headers: { a: text } } }) }
    t.notMatch(JSON.stringify(logged(cause)), SECRET, text)
  }
  t.match(logged('Host: x\r\nCookie: a=b\r\nAccept: y'), {
    msg: 'Host: x\r\nCookie: [redacted]\r\nAccept: y',
  })
})

test('bindings of child loggers, serializers and format arguments are redacted', async (t) => {
  const { log, logger: target } = logger()
  const token = [`a]b"`, { c: SECRET }]
  target.child({ token, nested: { password: 1 } }).info('x')
  target.child({ text: JSON.stringify({ token }) }).info('x')
  target.child({}, { serializers: { note: () => ({ secret: { a: SECRET } }) } }).info({ note: 1 })
  target.info('%j and %s', { token }, `Bearer ${SECRET}`)
  target.info({ err: `Bearer ${SECRET}` })
  t.match(log[0], { token: '[redacted]', nested: { password: '[redacted]' } })
  t.match(log[2], { note: { secret: '[redacted]' } })
  t.equal(log.length, 5)
  t.notMatch(JSON.stringify(log), SECRET)
})

test('odd objects are logged within limits, and never throw', async (t) => {
  const circular: Record<string, unknown> = { name: 'a' }
  circular['self'] = circular
  t.match(logged({ circular }), { circular: { name: 'a', self: '[Circular]' } })
  const broken = {
    get fails() {
      throw new Error(SECRET)
    },
  }
  t.match(logged({ broken }), { broken: '[unreadable]' })
  t.match(logged(broken), { fails: '[unreadable]' })
  t.match(logged({ bytes: new Uint8Array(1e6) }), { bytes: '[binary]' })
  const deep = JSON.parse(`${'[{"a":'.repeat(50)}1${'}]'.repeat(50)}`)
  t.match(JSON.stringify(logged({ deep })), '[truncated]')
  const long = logged({ list: Array(5_000).fill(1), more: { a: 1, b: 2 } })
  t.equal((long['list'] as unknown[]).length, 2_001)
  t.equal((long['list'] as unknown[]).at(-1), 3_000, 'how many are left out')
  t.match(long['more'], { '[truncated]': 2 })
  t.match(logged({ at: new Date(0), url: new URL(`https://x.test/?code=${SECRET}`) }), {
    at: '1970-01-01T00:00:00.000Z',
    url: 'https://x.test/?code=[redacted]',
  })
  const shared = { a: 1 }
  t.match(logged({ one: shared, two: [shared] }), { one: shared, two: [shared] })
})

test('a text that is not JSON is not let through as a line', async (t) => {
  t.equal(redactLine(`"token":"${SECRET}`), '{"msg":"[redacted]"}\n')
})

/** Texts out of pieces that patterns look for, escapes and quotes. */
const piece = fc.oneof(
  fc.constantFrom('token', '"', '\\', ':', '[', ']', '{', '}', ',', '=', '&', '?', ' ', "'", '\n'),
  fc.constantFrom('bearer ', 'basic ', 'cookie: ', 'password=', '\\u001', '\u001e', 'yJhbGciOi'),
  fc.constantFrom(JWT, '//a:b@', '[redacted]', 'null', '\b', 'earer x', '"token":', '\u2028'),
  fc.string({ unit: 'binary', maxLength: 8 }),
)
const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))

test('every line is one line of valid JSON', async (t) => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      text,
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(text, tie('any'), { maxKeys: 3 }),
    ),
  })).any
  let written = ''
  const target = createLogger('info', { write: (line: string) => (written = line) })
  const property = fc.property(
    fc.dictionary(text, value, { maxKeys: 3 }),
    fc.dictionary(text, value, { maxKeys: 2, noNullPrototype: true }),
    text,
    (entry, bindings, message) => {
      target.child(bindings).info(entry, message)
      JSON.parse(written)
      JSON.parse(redactLine(written))
      return written.indexOf('\n') === written.length - 1
    },
  )
  t.doesNotThrow(() => fc.assert(property, { numRuns: 5_000 }))
})

/** Inputs that would make a pattern search the same text again and again. */
const WORST = [
  ...['?', '&', '#', '?a', '?a=', '?=', '//', '//a', '//a:', ':', '//:', '@', ' ', '\n', '"', '\\'],
  ...['eyJ', 'eyJa.', '.', '-', 'ey', 'bearer', 'bearer ', 'bearer  ', 'basic%20', 'b', 'a', '='],
  ...['token', 'token"', 'token":', 'token":[', 'token":{', 'token":"', 'token\\', 'token\\"', "'"],
  ...[
    'token=',
    "token='",
    "token: '",
    'cookie',
    'cookie:',
    'cookie: ',
    'api',
    'api-',
    'set-cookie',
  ],
  ...[
    'token\\":\\"',
    '[',
    '{',
    '{"a":',
    '[{"token":',
    '"a":"\\"',
    '%20',
    'a\r\n',
    '\u2028',
    '\\u00',
  ],
]

/** The processor time of the cheapest of several runs, in milliseconds. Other processes do not count. */
function measure(run: () => void, times: number): number {
  const durations = Array.from({ length: times }, () => {
    const start = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(start)
    return (user + system) / 1000
  })
  return Math.min(...durations)
}

function checkGrowth(t: Test, name: string, run: (text: string) => void): void {
  for (const part of WORST) {
    for (const [before, after] of [
      ['', ''],
      ['bearer', '!'],
      ['token":"', ''],
      ['?', ''],
    ]) {
      const input = (length: number) => before + part.repeat(length / part.length) + after
      const [small, large] = [input(64 * 1024), input(256 * 1024)]
      const duration = measure(() => run(large), 2)
      // Below that, nothing can be quadratic: 256 kB would take seconds. Only the long line is parsed as JSON,
      // which takes up to 100 ms on a busy machine.
      if (duration < 250) continue
      // A busy machine slows some rounds down; quadratic time would be 16 times as long in each.
      const growths = [1, 2, 3].map(
        () => measure(() => run(large), 4) / measure(() => run(small), 4),
      )
      const growth = Math.min(...growths)
      t.ok(
        growth < 8,
        `${name} ${JSON.stringify(before + part)}: 4 times the text, ${growth} times`,
      )
    }
  }
}

test('the time for a line grows with its length, not faster', async (t) => {
  const target = createLogger('info', { write: () => {} })
  checkGrowth(t, 'line', redactLine)
  checkGrowth(t, 'message', (text) => target.info(text))
  checkGrowth(t, 'member', (text) => target.info({ a: text }))
  checkGrowth(t, 'name', (text) => target.info({ [text]: 1 }))
  checkGrowth(t, 'binding', (text) => target.child({ a: text }).info('x'))
  t.pass('no input takes long')
})

test('lines are bounded in length, and secrets are not cut open', async (t) => {
  const word = 'x'.repeat(10_000)
  t.equal(logged({ word })['word'], `${'x'.repeat(8_192)}[truncated]`)
  t.equal(logged(word)['msg'], `${'x'.repeat(8_192)}[truncated]`)
  const err = logged({ err: new Error(word) })['err'] as Record<string, string>
  t.equal(err['message'], `${'x'.repeat(8_192)}[truncated]`)
  const { texts, last } = logged({ texts: Array(100).fill(word), last: 'x' })
  t.ok(JSON.stringify(texts).length < 45_000, 'all texts together')
  t.equal(last, 'x', 'a short text is kept')
  const name = logged({ a: { [word]: 1 } })['a'] as object
  t.strictSame(Object.keys(name), ['x'.repeat(200)])
  const { log, logger: target } = logger()
  target.child({ texts: Array(20).fill(word) }).info('bindings')
  target.child({}, { serializers: { note: () => Array(20).fill(word) } }).info({ note: 1 })
  for (const line of log) t.ok(JSON.stringify(line).length < 40_000)
  t.match(log[0], { level: 30, msg: 'bindings' })

  for (const length of [8_180, 65_520, 200_000]) {
    const filler = `${'a '.repeat(length / 2)}`
    for (const secret of [`//user:${SECRET}@host`, `Bearer ${SECRET}`, `x?code=${SECRET}`, JWT]) {
      t.notMatch(logged(`${filler}${secret}`)['msg'], SECRET.slice(0, 4), `${length}: ${secret}`)
    }
  }
})
