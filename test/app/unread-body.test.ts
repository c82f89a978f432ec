import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { type Test, test } from 'tap'
import { listen } from '../../src/lifecycle/listen.ts'
import { shutdown } from '../../src/lifecycle/shutdown.ts'
import type { VerificationKeys } from '../../src/tokens/keys/remote-jwks.ts'
import { type TestAppOptions, testApp } from '../support/app.ts'
import { parseRaw, sendRaw } from '../support/raw-http.ts'
import { KEY, keysOf } from '../support/tokens/keys.ts'
import { token } from '../support/tokens/tokens.ts'

const MIB = 1024 * 1024
/** The first packet, what is discarded after the response, and reads that were under way. */
const MAX_BYTES_READ = 5 * 64 * 1024

const WRITER = { permissions: ['write:notes'] }
const bearer = (changes = {}) => `Authorization: Bearer ${token(changes)}\r\n`
const JSON_TYPE = 'Content-Type: application/json\r\n'

/** The head of a request. */
const head = (method: string, path: string, fields: string) =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`
const post = (body: string, changes = {}) =>
  `${head('POST', '/notes', `${bearer(changes)}${JSON_TYPE}Content-Length: ${body.length}\r\n`)}${body}`

/** A listening server with a route that has a body, and the server's side of its connections. */
async function listening(t: Test, options: TestAppOptions = {}) {
  const sockets: Socket[] = []
  const deleted: string[] = []
  const routes = async (app: FastifyInstance) => {
    const config = { access: WRITER }
    app.post('/notes', { config, schema: { body: {} } }, ({ body }) => ({ body }))
    app.delete('/notes/:id', { config: { access: 'public' } }, (request) => {
      deleted.push((request.params as { id: string }).id)
      return {}
    })
    app.get('/notes', { config: { access: 'public' } }, () => ({}))
    app.get('/own', { config: { access: {} } }, () => ({}))
  }
  const { app, log } = await testApp(t, { routes: [routes], ...options })
  app.server.on('connection', (socket) => sockets.push(socket))
  const port = await listen(app, ['127.0.0.1'], 0)
  return { app, log, port, sockets, deleted }
}

/** Sends without an end until the server closes the connection. */
async function upload(port: number, requestHead: string) {
  const events: string[] = []
  const received: Buffer[] = []
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('data', (data) => received.push(data))
  socket.on('end', () => events.push('end'))
  socket.on('error', () => events.push('error'))
  socket.write(requestHead)
  const block = Buffer.alloc(64 * 1024, 'a')
  Readable.from(endless(block)).pipe(socket)
  await once(socket, 'close').catch(() => undefined)
  return { text: Buffer.concat(received).toString(), events }
}

function* endless(block: Buffer) {
  for (;;) yield block
}

const LARGE = `${JSON_TYPE}Content-Length: ${10 * MIB}\r\n`
const CHUNKED = `${JSON_TYPE}Transfer-Encoding: chunked\r\n`
const REJECTED: Record<string, [requestHead: string, status: number]> = {
  'no credentials': [head('POST', '/notes', LARGE), 401],
  'no credentials, in chunks': [`${head('POST', '/notes', CHUNKED)}ffffff\r\n`, 401],
  'no permission': [head('POST', '/notes', `${LARGE}${bearer()}`), 403],
  'an unknown path': [head('PUT', '/x', LARGE), 404],
  'another method': [head('PATCH', '/notes', LARGE), 405],
  'a large body': [head('POST', '/notes', `${LARGE}${bearer(WRITER)}`), 413],
  'a large body in chunks': [
    `${head('POST', '/notes', `${CHUNKED}${bearer(WRITER)}`)}ffffff\r\n`,
    413,
  ],
  'an unknown expectation': [head('POST', '/notes', `${LARGE}Expect: x\r\n`), 417],
}

test('a rejected upload gets its response, and little of it is read', async (t) => {
  const { log, port, sockets } = await listening(t, { timeouts: { linger: 300 } })
  for (const [name, [requestHead, status]] of Object.entries(REJECTED)) {
    await t.test(name, async (t) => {
      log.length = 0
      const { text, events } = await upload(port, requestHead)
      t.match(parseRaw(text), { status, headers: new Map([['connection', 'close']]) })
      t.equal(text.match(/HTTP\/1\.1/g)?.length, 1)
      t.equal(events[0], 'end', 'the response ends before the connection does')
      t.ok((sockets.at(-1)?.bytesRead ?? MIB) <= MAX_BYTES_READ, `${sockets.at(-1)?.bytesRead}`)
      t.match(log, [{ status }])
      t.equal(log.length, 1)
    })
  }
})

test('an upload after too many failures is 429', async (t) => {
  const environment = { AUTH_FAILURES_MAX: '1' }
  const { port, sockets } = await listening(t, { environment, timeouts: { linger: 300 } })
  const bad = head('POST', '/notes', `${LARGE}Authorization: Bearer bad\r\n`)
  t.equal(parseRaw((await upload(port, bad)).text).status, 401)
  t.equal(parseRaw((await upload(port, bad)).text).status, 429)
  for (const { bytesRead } of sockets) t.ok(bytesRead <= MAX_BYTES_READ, `${bytesRead}`)
})

test('a connection is closed when the client has closed its side', async (t) => {
  const { port, sockets } = await listening(t, { timeouts: { linger: 3_600_000 } })
  const client = connect(port, '127.0.0.1')
  client.write(head('POST', '/notes', LARGE))
  client.resume()
  await once(client, 'end')
  const [socket] = sockets
  if (!socket?.destroyed) await once(socket as Socket, 'close')
  t.ok(socket?.destroyed)
})

/** Keys that are there when the test releases them. */
function heldKeys() {
  const keys = keysOf([KEY], ['RS256'])
  let release = () => {}
  let asked = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const wanted = new Promise<void>((resolve) => {
    asked = resolve
  })
  const signingKeys: VerificationKeys = {
    isCurrent: (key) => keys.isCurrent(key),
    async keysFor(header) {
      asked()
      await released
      return keys.keysFor(header)
    },
  }
  return { signingKeys, release, wanted }
}

test('no byte of a body is read before the decision', async (t) => {
  for (const [changes, status] of [
    [{}, 403],
    [WRITER, 413],
  ] as const) {
    const { signingKeys, release, wanted } = heldKeys()
    const { port, sockets } = await listening(t, { signingKeys, timeouts: { linger: 300 } })
    const requestHead = head('POST', '/notes', `${LARGE}${bearer(changes)}`)
    const client = connect(port, '127.0.0.1')
    client.write(requestHead)
    await wanted
    client.write(Buffer.alloc(MIB))
    for (let i = 0; i < 20; i++)
      await sendRaw(port, '127.0.0.1', `${head('GET', '/', 'Connection: close\r\n')}`)
    t.equal(sockets[0]?.bytesRead, requestHead.length)
    release()
    t.equal(parseRaw(String((await once(client, 'data'))[0])).status, status)
    client.destroy()
  }
})

test('a body that arrives during the decision is read after it', async (t) => {
  const { signingKeys, release, wanted } = heldKeys()
  const { port } = await listening(t, { signingKeys })
  const body = JSON.stringify('x'.repeat(60_000))
  const request = post(body, WRITER)
  const client = connect(port, '127.0.0.1')
  client.write(request.slice(0, -50_000))
  await wanted
  client.write(request.slice(-50_000))
  release()
  let text = ''
  for await (const data of client) {
    text += data
    if (text.endsWith('}')) break
  }
  t.match(parseRaw(text), { status: 200, body: `{"body":${body}}` })
})

test('no request that follows a rejected body is handled', async (t) => {
  const { port, deleted } = await listening(t)
  const next = head('DELETE', '/notes/1', '')
  for (const [first, status] of [
    [`${head('POST', '/notes', 'Content-Length: 2\r\n')}{}`, 401],
    [post('{}'), 403],
    [`${head('PUT', '/notes', 'Content-Length: 2\r\n')}{}`, 405],
  ] as const) {
    const text = await sendRaw(port, '127.0.0.1', `${first}${next}${next}`)
    t.strictSame(text.match(/HTTP\/1\.1 \d+/g), [`HTTP/1.1 ${status}`])
  }
  t.strictSame(deleted, [])
})

test('requests that follow an accepted body are answered in order', async (t) => {
  const { port, deleted } = await listening(t)
  const requests = [
    post('1', { ...WRITER, sub: 'a' }),
    head('DELETE', '/notes/1', ''),
    post('2', { ...WRITER, sub: 'b' }),
    post('3', { ...WRITER, sub: 'c' }),
    head('DELETE', '/notes/2', ''),
    head('GET', '/notes', 'Connection: close\r\n'),
  ]
  const text = await sendRaw(port, '127.0.0.1', requests.join(''))
  t.strictSame(text.match(/\{.*?\}/g), ['{"body":1}', '{}', '{"body":2}', '{"body":3}', '{}', '{}'])
  t.strictSame(deleted, ['1', '2'])
})

test('a shutdown does not cut the response to a rejected upload', async (t) => {
  const { app, port, log } = await listening(t, { timeouts: { linger: 300 } })
  const uploading = upload(port, head('POST', '/notes', LARGE))
  const isAnswered = () => log.some(({ status }) => status === 401)
  while (!isAnswered()) await new Promise((resolve) => setImmediate(resolve))
  await shutdown(app, { drainTime: 0, timeout: 60_000 })
  const { text, events } = await uploading
  t.equal(parseRaw(text).status, 401)
  t.equal(events[0], 'end')
  t.notOk(log.some(({ event }) => event === 'connections_cut'))
})

const QUICK = { head: 150, request: 150, checkInterval: 10 }

test('a body that stops arriving is 408', async (t) => {
  const { port, log } = await listening(t, { timeouts: QUICK })
  const whole = post('{"a":1}', WRITER)
  const chunked = head(
    'POST',
    '/notes',
    `${bearer(WRITER)}${CHUNKED}Origin: http://localhost:4040\r\n`,
  )
  const expecting = head(
    'POST',
    '/notes',
    `${bearer(WRITER)}${JSON_TYPE}Content-Length: 9\r\nExpect: 100-continue\r\n`,
  )
  for (const request of [whole.slice(0, -1), chunked, `${chunked}5\r\n12`]) {
    log.length = 0
    const text = await sendRaw(port, '127.0.0.1', request)
    const { status, headers } = parseRaw(text)
    t.equal(status, 408)
    t.equal(headers.get('connection'), 'close')
    t.equal(text.match(/HTTP\/1\.1/g)?.length, 1)
    t.equal(headers.has('access-control-allow-origin'), request.includes('Origin'))
    t.match(log, [{ status: 408, refusal: 'ERR_HTTP_REQUEST_TIMEOUT' }])
    t.equal(log.length, 1)
  }
  const continued = (await sendRaw(port, '127.0.0.1', expecting)).match(/HTTP\/1\.1 \d+/g)
  t.strictSame(continued, ['HTTP/1.1 100', 'HTTP/1.1 408'])
})

test('a malformed body of HEAD gets a response without a body', async (t) => {
  const { port } = await listening(t)
  // The signature is verified while the body arrives.
  const fields = `${bearer({ sub: crypto.randomUUID() })}Transfer-Encoding: chunked\r\n`
  const text = await sendRaw(port, '127.0.0.1', `${head('HEAD', '/own', fields)}zz\r\n`)
  t.match(parseRaw(text), { status: 400, headers: new Map([['content-length', '25']]) })
  t.equal(parseRaw(text).body, '')
})

test('the response to an earlier request comes before 408', async (t) => {
  let release: (request: IncomingMessage) => void = () => {}
  const called = new Promise<IncomingMessage>((resolve) => {
    release = resolve
  })
  const { app, port } = await listening(t, { timeouts: QUICK })
  let timedOut = () => {}
  const expired = new Promise<void>((resolve) => {
    timedOut = resolve
  })
  app.server.on('clientError', () => timedOut())
  app.server.prependListener('request', release)
  const request = `${head('GET', '/slow', '')}${post('{}', WRITER).slice(0, -1)}`
  const text = sendRaw(port, '127.0.0.1', request)
  await called
  await expired
  t.match((await text).match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 404', 'HTTP/1.1 408'])
})

test('a malformed body is 400 at once', async (t) => {
  const { port, log } = await listening(t)
  const chunked = head('POST', '/notes', `${bearer(WRITER)}${CHUNKED}`)
  for (const rest of ['zz\r\n', '2\r\n{}x', '2;'.concat('a'.repeat(20_000), '\r\n')]) {
    log.length = 0
    const text = await sendRaw(port, '127.0.0.1', `${chunked}${rest}`)
    t.match(text.match(/HTTP\/1\.1 \d+/g), [/ 4(00|13)/])
    t.match(text, /connection: close/i)
    t.equal(log.length, 1)
  }
  const client = connect(port, '127.0.0.1')
  client.write(`${chunked}3\r\n{"a`)
  await once(client, 'connect')
  while (log.length > 0) log.length = 0
  client.write('\r\nzz\r\n')
  t.match(String((await once(client, 'data'))[0]), /^HTTP\/1\.1 400/)
  client.destroy()
})

const XCHUNKED = 'Transfer-Encoding: xchunked\r\n'
const MISFRAMED: [requestHead: string, status: RegExp][] = [
  [head('PUT', '/notes', CHUNKED), /400|405/],
  [head('POST', '/x', CHUNKED), /400|404/],
  [head('POST', '/notes', CHUNKED), /400|401/],
  [head('POST', '/notes', `${CHUNKED}${bearer()}`), /400|403/],
]

test('a request whose framing is malformed gets one response', async (t) => {
  const { port, log } = await listening(t)
  for (const [requestHead, status] of MISFRAMED) {
    for (const request of [`${requestHead}zz\r\n`, requestHead.replace(CHUNKED, XCHUNKED)]) {
      log.length = 0
      const text = await sendRaw(port, '127.0.0.1', `${request}more\r\n\r\n`)
      const found = text.match(/HTTP\/1\.1 \d+/g) ?? []
      t.match(found[0], status)
      t.equal(found.length, 1, text)
      t.match(text, /connection: close/i)
      t.equal(log.length, 1)
    }
  }
})

test('nothing follows an early response, whatever follows the head', async (t) => {
  const { port, log } = await listening(t)
  for (const [requestHead, status] of MISFRAMED) {
    log.length = 0
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    client.write(requestHead)
    let text = String((await once(client, 'data'))[0])
    client.on('data', (data) => {
      text += data
    })
    client.end(`zz\r\n${head('GET', '/notes', '')}`)
    await once(client, 'close')
    t.match(parseRaw(text).status, status)
    t.equal(text.match(/HTTP\/1\.1/g)?.length, 1)
    t.equal(log.length, 1)
  }
})

test('a body that is too large is not asked for', async (t) => {
  const { port } = await listening(t)
  const fields = `${bearer(WRITER)}${LARGE}Expect: 100-continue\r\n`
  const text = await sendRaw(port, '127.0.0.1', head('POST', '/notes', fields))
  t.strictSame(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 413'])
})

test('requests that wait for a body are handled, also if one after them ends the connection', async (t) => {
  const { port, deleted } = await listening(t)
  const next = head('DELETE', '/notes/1', '')
  for (const last of [head('GET', '/notes', 'Expect: x\r\n'), head('GET', '/%zz', '')]) {
    const sub = crypto.randomUUID()
    const text = await sendRaw(
      port,
      '127.0.0.1',
      `${post('1', { ...WRITER, sub })}${next}${last}${next}`,
    )
    t.match(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 200', /4(00|17)/])
  }
  t.strictSame(deleted, ['1', '1'])
})

test('nothing follows the response to a preflight whose body was not read', async (t) => {
  const { port } = await listening(t)
  const fields = 'Origin: http://localhost:4040\r\nAccess-Control-Request-Method: GET\r\n'
  const preflight = head('OPTIONS', '/notes', `${fields}Transfer-Encoding: chunked\r\n`)
  const text = await sendRaw(port, '127.0.0.1', `${preflight}2\r\n{}\r\nzz\r\n`)
  t.strictSame(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 204'])
  t.match(text, /\r\nconnection: close\r\n/i)
})
