import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import { type Test, test } from 'tap'
import { listen } from '../../src/lifecycle/listen.ts'
import { type TestAppOptions, testApp } from '../support/app.ts'
import { sendRaw } from '../support/raw-http.ts'
import { KEY, keysOf } from '../support/tokens/keys.ts'
import { token } from '../support/tokens/tokens.ts'

const MARKER = 'PLANTED7marker'
const WRITER = { permissions: ['write:notes'] }

const NOTE = {
  type: 'object',
  required: ['title'],
  additionalProperties: false,
  definitions: { node: { type: 'object', properties: { next: { $ref: '#/definitions/node' } } } },
  properties: {
    title: { type: 'string', maxLength: 20, pattern: '^[a-z]*$', format: 'hostname' },
    kind: { enum: ['memo', 1, null] },
    fixed: { const: { a: 1 } },
    tags: { type: 'array', uniqueItems: true, items: { type: 'string' }, contains: { const: 'a' } },
    names: { type: 'object', propertyNames: { maxLength: 3 }, minProperties: 1 },
    map: { type: 'object', additionalProperties: { type: 'integer', multipleOf: 3 } },
    either: { oneOf: [{ type: 'string' }, { type: 'object', required: ['x'] }], not: { const: 1 } },
    node: { $ref: '#/definitions/node' },
  },
} as const

const answer = () => ({ message: 'fine' })

async function routes(app: FastifyInstance): Promise<void> {
  const write = { access: WRITER }
  const schema = { body: NOTE }
  app.post('/notes', { config: write, schema }, answer)
  app.put('/public/:id', { config: { access: 'public' }, schema }, answer)
  app.post('/small', { config: { access: 'public' }, bodyLimit: 10 }, answer)
  const querystring = { type: 'object', properties: { page: { type: 'integer' } } }
  app.get('/page', { config: { access: 'public' }, schema: { querystring } }, answer)
}

/** A listening server, and its side of the connections. */
async function listening(t: Test, options: TestAppOptions = {}) {
  const sockets: Socket[] = []
  const { app, log } = await testApp(t, { routes: [routes], ...options })
  app.server.on('connection', (socket) => sockets.push(socket))
  const port = await listen(app, ['127.0.0.1'], 0)
  log.length = 0
  return { log, port, sockets }
}

const planted = fc.oneof(
  fc.constant(MARKER),
  fc.string().map((text) => `${MARKER}${text}`),
  fc.constantFrom(`${MARKER}/~1`, `"${MARKER}`, '__proto__', 'constructor', '4915112345678'),
)
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    planted,
    fc.double(),
    fc.constantFrom(null, true, 1, 'a', 'memo'),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(planted, tie('any'), { maxKeys: 3 }),
    fc.record(Object.fromEntries(Object.keys(NOTE.properties).map((name) => [name, tie('any')])), {
      requiredKeys: [],
    }),
  ),
})).any
const text = fc.oneof(
  { weight: 4, arbitrary: value.map((found) => JSON.stringify(found)) },
  fc.constantFrom('', '{', '{"title":"a"}', '"\\ud800"', '{"title":"a","title":1}', '\u0000'),
  planted,
)

test('arbitrary bodies are answered without repeating anything of them', async (t) => {
  const { app, log } = await testApp(t, { routes: [routes] })
  const authorization = `Bearer ${token(WRITER)}`
  const property = fc.asyncProperty(text, async (payload) => {
    log.length = 0
    const headers = { authorization, 'content-type': 'application/json' }
    const response = await app.inject({ method: 'POST', url: '/notes', headers, payload })
    // The digits that are searched for can be in the random id by chance.
    const seen = JSON.stringify([response.headers, response.body, log]).replaceAll(
      String(response.headers['x-request-id']),
      'id',
    )
    return response.statusCode < 500 && !/PLANTED|49151|proto/.test(seen) && log.length === 1
  })
  await t.resolves(fc.assert(property, { numRuns: 1500 }))
})

const authorization = fc.constantFrom(
  () => [],
  () => ['Authorization: Basic eA=='],
  () => [`Authorization: Bearer ${MARKER}`],
  () => ['Authorization: Bearer a', `Authorization: Bearer ${token(WRITER)}`],
  () => [`Authorization: Bearer ${token({ sub: crypto.randomUUID() })}`],
  () => [`Authorization: Bearer ${token({ ...WRITER, sub: crypto.randomUUID() })}`],
)
const field = fc.constantFrom(
  'Content-Type: application/json',
  'Content-Type: application/json; charset=utf-8',
  `Content-Type: text/${MARKER}`,
  'Expect: 100-continue',
  `Expect: ${MARKER}`,
  `X-${MARKER}: ${MARKER}`,
  `Cookie: ${MARKER}`,
  `Origin: https://${MARKER}`,
  'Host: localhost',
  'Content-Encoding: gzip',
  'X-Dry-Run: 1',
  'Upgrade: h2c',
  'Transfer-Encoding: identity',
)
/** An empty chunk would be the last one. */
const chunk = (body: string) =>
  `${Buffer.byteLength(body || ' ').toString(16)}\r\n${body || ' '}\r\n`
/** How a body is framed: fields, and what is sent after the head. */
const framing = fc.constantFrom<(body: string) => readonly [fields: string[], sent: string]>(
  () => [[], ''],
  (body) => [[`Content-Length: ${Buffer.byteLength(body)}`], body],
  (body) => [[`Content-Length: ${Buffer.byteLength(body) + 7}`], body],
  (body) => [['Content-Length: 1', 'Connection: close'], body],
  (body) => [[`Content-Length: ${MARKER}`], body],
  (body) => [['Content-Length: 3', 'Content-Length: 4'], body],
  () => [['Content-Length: 1000000'], 'x'.repeat(200_000)],
  (body) => [['Transfer-Encoding: chunked'], `${chunk(body)}0\r\n\r\n`],
  (body) => [['Transfer-Encoding: chunked'], `${chunk(body)}${chunk(body)}`],
  (body) => [['Transfer-Encoding: chunked'], `${chunk(body)}${MARKER}\r\n`],
  (body) => [['Transfer-Encoding: xchunked'], body],
  (body) => [['Transfer-Encoding: chunked', 'Content-Length: 2'], body],
  () => [['Transfer-Encoding: chunked'], `${chunk('x'.repeat(100_000))}0\r\n\r\n`],
)
const method = fc.constantFrom(
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'PROPFIND',
  'JUMP',
)
const target = fc.constantFrom(
  '/notes',
  '/public/1',
  '/small',
  `/page?page=${MARKER}`,
  `/${MARKER}`,
  `/public/${MARKER}?x=${MARKER}`,
  '/%zz',
  '*',
)
const line: fc.Arbitrary<readonly string[]> = fc.oneof(
  fc.tuple(method, target),
  fc.constantFrom(['POST', '/notes'], ['PUT', '/public/1'], ['GET', '/page'], ['POST', '/small']),
)
const request = fc
  .record({
    line,
    authorization,
    framing,
    body: text,
    fields: fc.array(field, { maxLength: 4 }),
  })
  .map(({ line: [method, target], authorization, framing, body, fields }) => {
    const [framed, sent] = framing(body)
    const lines = ['Host: localhost', ...authorization(), ...fields, ...framed]
    return { head: `${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, sent }
  })

const LAST = 'GET /last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
const responses = (seen: string) => seen.match(/HTTP\/1\.1 [2-5]\d\d/g) ?? []

/**
 * Sends a request in one or two writes, and reads until the server closes. If the connection stays, a
 * last request closes it: what was not asked for would come before its response.
 */
async function exchange(port: number, parts: readonly (string | Promise<string>)[]) {
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let seen = ''
  let isKept = false
  client.on('data', (data) => {
    seen += data.toString('latin1')
    if (isKept || responses(seen).length === 0 || /connection: close/i.test(seen)) return
    isKept = true
    client.write(LAST)
  })
  client.on('end', () => client.end())
  client.on('error', () => {})
  for (const part of parts) {
    const bytes = await part
    await new Promise((resolve) => client.write(bytes, resolve))
  }
  await once(client, 'close')
  return { seen, expected: isKept ? 2 : 1 }
}

test('arbitrary requests get one response each, whatever their framing', async (t) => {
  const timeouts = { linger: 200, head: 100, request: 100, checkInterval: 10 }
  const { log, port } = await listening(t, { timeouts })
  const statuses = new Set<string>()
  const property = fc.asyncProperty(request, fc.boolean(), async ({ head, sent }, atOnce) => {
    log.length = 0
    const { seen, expected } = await exchange(port, atOnce ? [`${head}${sent}`] : [head, sent])
    const found = responses(seen)
    for (const status of found) statuses.add(status.slice(-3))
    const isAsItShould =
      found.length === expected &&
      !/HTTP\/1\.1 5/.test(seen) &&
      log.length === expected &&
      !JSON.stringify([seen, log]).includes('PLANTED')
    if (!isAsItShould) t.comment(JSON.stringify({ head, sent: sent.slice(0, 200), seen, log }))
    return isAsItShould
  })
  await t.resolves(fc.assert(property, { numRuns: 400 }))
  for (const status of ['200', '400', '401', '404', '405', '413', '417'])
    t.ok(statuses.has(status), status)
})

test('no byte after the head is read before the decision, whatever the head', async (t) => {
  const gate = { asked: () => {}, released: Promise.resolve() }
  const keys = keysOf([KEY], ['RS256'])
  const { port, sockets } = await listening(t, {
    timeouts: { linger: 100 },
    signingKeys: {
      isCurrent: (key) => keys.isCurrent(key),
      async keysFor(header) {
        gate.asked()
        await gate.released
        return keys.keysFor(header)
      },
    },
  })
  const fields = fc.subarray(['Expect: 100-continue', 'X-A: 1', 'X-A: 2', 'Content-Type: text/x'])
  const framed = fc.constantFrom('Transfer-Encoding: chunked', 'Content-Length: 400000')
  const property = fc.asyncProperty(
    fields,
    framed,
    fc.boolean(),
    async (lines, framing, isWriter) => {
      sockets.length = 0
      let release = () => {}
      gate.released = new Promise((resolve) => {
        release = resolve
      })
      const asked = new Promise<void>((resolve) => {
        gate.asked = resolve
      })
      const claims = { ...(isWriter && WRITER), sub: crypto.randomUUID() }
      const all = ['Host: localhost', `Authorization: Bearer ${token(claims)}`, ...lines, framing]
      const head = `POST /notes HTTP/1.1\r\n${all.join('\r\n')}\r\n\r\n`
      const answered = exchange(port, [head, asked.then(() => chunk('x'.repeat(400_000)))])
      await asked
      // Other connections are served meanwhile, so the server had the time to read.
      for (let i = 0; i < 5; i++) {
        await sendRaw(port, '127.0.0.1', 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
      }
      const bytesRead = sockets[0]?.bytesRead
      release()
      const { seen } = await answered
      return bytesRead === head.length && responses(seen).length === 1
    },
  )
  await t.resolves(fc.assert(property, { numRuns: 40 }))
})
