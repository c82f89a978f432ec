import { EventEmitter, once } from 'node:events'
import { type AddressInfo, connect, Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { testApp } from '../support/app.ts'
import { parseRaw, sendRaw } from '../support/raw-http.ts'
import { token } from '../support/tokens/tokens.ts'

const HOST = 'Host: localhost\r\n'
const CLOSE = 'Connection: close\r\n'
const path = '/probe/public'

async function listening(t: Test) {
  const { app, log } = await testApp(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { log, port: (app.server.address() as AddressInfo).port }
}

function isUniform(t: Test, text: string, status: number, message: string): void {
  const response = parseRaw(text)
  t.equal(response.status, status)
  t.equal(response.body, JSON.stringify({ message }))
  const names = ['x-content-type-options', 'strict-transport-security', 'cache-control', 'date']
  const others = [
    'content-security-policy',
    'x-frame-options',
    'x-xss-protection',
    'referrer-policy',
  ]
  for (const name of [...names, ...others]) t.ok(response.headers.has(name), name)
  t.match(response.headers.get('x-request-id'), /^[0-9a-f-]{36}$/)
  t.equal(response.headers.get('content-type'), 'application/json; charset=utf-8')
  t.equal(response.headers.get('vary'), 'Origin')
}

const BROKEN: Record<string, [request: string, status: number, message: string]> = {
  'an undecodable URL': [`GET /%zz HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 400, 'Bad Request'],
  'no Host': [`GET ${path} HTTP/1.1\r\n${CLOSE}\r\n`, 400, 'Bad Request'],
  'two Hosts': [`GET ${path} HTTP/1.1\r\n${HOST}${HOST}${CLOSE}\r\n`, 400, 'Bad Request'],
  'an unknown method': [`JUMP ${path} HTTP/1.1\r\n${HOST}\r\n`, 400, 'Bad Request'],
  'a control character in a header': [
    `GET ${path} HTTP/1.1\r\n${HOST}X: a\x01b\r\n\r\n`,
    400,
    'Bad Request',
  ],
  'a header without a name': [`GET ${path} HTTP/1.1\r\n${HOST}: x\r\n\r\n`, 400, 'Bad Request'],
  'no HTTP at all': ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n', 400, 'Bad Request'],
  'HTTP/2 with prior knowledge': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'Bad Request'],
  'length and chunks at once': [
    `POST ${path} HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    'Bad Request',
  ],
  'an unknown expectation': [
    `GET ${path} HTTP/1.1\r\n${HOST}Expect: foo\r\n\r\n`,
    417,
    'Expectation Failed',
  ],
  'a method of RTSP': [`DESCRIBE ${path} RTSP/1.0\r\n${HOST}\r\n`, 400, 'Bad Request'],
  'the method of the preface of HTTP/2': [`PRI ${path}\r\n${HOST}\r\n`, 400, 'Bad Request'],
  CONNECT: [`CONNECT localhost:443 HTTP/1.1\r\n${HOST}\r\n`, 400, 'Bad Request'],
  'headers over 16 KiB': [
    `GET ${path} HTTP/1.1\r\n${HOST}X: ${'x'.repeat(17 * 1024)}\r\n\r\n`,
    431,
    'Request Header Fields Too Large',
  ],
  'a URL over 16 KiB': [
    `GET /${'x'.repeat(17 * 1024)} HTTP/1.1\r\n${HOST}\r\n`,
    431,
    'Request Header Fields Too Large',
  ],
  'a token of a megabyte': [
    `GET /probe/protected HTTP/1.1\r\n${HOST}Authorization: Bearer ${'x'.repeat(1024 * 1024)}\r\n\r\n`,
    431,
    'Request Header Fields Too Large',
  ],
  'many short header lines': [
    `GET ${path} HTTP/1.1\r\n${HOST}${CLOSE}${'a:\r\n'.repeat(5000)}\r\n`,
    431,
    'Request Header Fields Too Large',
  ],
  'a second Authorization far down': [
    `GET /probe/protected HTTP/1.1\r\n${HOST}${CLOSE}Authorization: Bearer a\r\n${'a:\r\n'.repeat(1100)}Authorization: Bearer b\r\n\r\n`,
    400,
    'Malformed Authorization header',
  ],
  'an odd Host': [`GET ${path} HTTP/1.1\r\nHost: a.test/x\r\n${CLOSE}\r\n`, 400, 'Bad Request'],
  'a Host with two dots at the end': [
    `GET ${path} HTTP/1.1\r\nHost: acme.api.test..\r\n${CLOSE}\r\n`,
    400,
    'Bad Request',
  ],
  'a target of another host': [
    `GET http://other.test${path} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`,
    400,
    'Bad Request',
  ],
  // The router skips the first character.
  'a target that is not a path': [
    `GET *${path.slice(1)} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`,
    400,
    'Bad Request',
  ],
  'an asterisk for another method': [`GET * HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 400, 'Bad Request'],
  'a target without a path': [
    `GET http://localhost?${path} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`,
    400,
    'Bad Request',
  ],
  'a target with a user': [
    `GET http://user@localhost${path} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`,
    400,
    'Bad Request',
  ],
  'a request line without a version': [`GET ${path}\r\n${HOST}${CLOSE}\r\n`, 400, 'Bad Request'],
  'the version of HTTP/2': [`GET ${path} HTTP/2.0\r\n${HOST}${CLOSE}\r\n`, 400, 'Bad Request'],
  'an empty transfer coding': [
    `GET ${path} HTTP/1.1\r\n${HOST}Transfer-Encoding:\r\n\r\n0\r\n\r\n`,
    400,
    'Bad Request',
  ],
  'several transfer codings': [
    `GET ${path} HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    400,
    'Bad Request',
  ],
  'chunks in HTTP/1.0': [
    `GET ${path} HTTP/1.0\r\n${HOST}Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    'Bad Request',
  ],
  'OPTIONS *': [`OPTIONS * HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 404, 'Not Found'],
  'a method that Fastify does not know': [
    `PROPFIND /x HTTP/1.1\r\n${HOST}${CLOSE}\r\n`,
    404,
    'Not Found',
  ],
}

test('requests that reach no hook get the usual error response and one log line', async (t) => {
  const { log, port } = await listening(t)
  for (const [name, [request, status, message]] of Object.entries(BROKEN)) {
    await t.test(name, async (t) => {
      log.length = 0
      isUniform(
        t,
        await sendRaw(port, '127.0.0.1', Buffer.from(request, 'latin1')),
        status,
        message,
      )
      t.match(log, [{ msg: 'request', status }])
      t.equal(log.length, 1)
    })
  }
  const fine = `GET ${path} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`
  t.equal(parseRaw(await sendRaw(port, '127.0.0.1', fine)).status, 200, 'the process lives')
})

test('invalid hosts are 400 in absolute form too', async (t) => {
  const { port } = await listening(t)
  for (const host of ['999.999.999.999', 'a:99999', 'xn--a', '1.2.3.4.5']) {
    const request = `GET http://a${path} HTTP/1.1\r\nHost: ${host}\r\n${CLOSE}\r\n`
    t.equal(parseRaw(await sendRaw(port, '127.0.0.1', request)).status, 400, host)
  }
})

test('valid requests in unusual forms', async (t) => {
  const { port } = await listening(t)
  const forms = {
    'HTTP/1.0 without Host': `GET ${path} HTTP/1.0\r\n\r\n`,
    'absolute form': `GET http://localhost${path} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`,
    'an upgrade that is not taken': `GET ${path} HTTP/1.1\r\n${HOST}Connection: close, upgrade\r\nUpgrade: h2c\r\n\r\n`,
    'a body on GET': `GET ${path} HTTP/1.1\r\n${HOST}${CLOSE}Content-Type: application/json\r\nContent-Length: 1\r\n\r\n{`,
  }
  for (const [name, request] of Object.entries(forms)) {
    t.equal(parseRaw(await sendRaw(port, '127.0.0.1', request)).status, 200, name)
  }
})

test('what follows an upgrade that is not taken is read as any other request', async (t) => {
  const { app } = await testApp(t)
  app.post('/length', { config: { access: 'public' } }, ({ body }) => ({ message: String(body) }))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const upgrade = `${HOST}Connection: upgrade\r\nUpgrade: h2c\r\n`
  const json = 'Content-Type: application/json\r\n'
  const slow = `GET /probe/protected HTTP/1.1\r\n${HOST}Authorization: Bearer ${token()}\r\n\r\n`
  const get = `GET ${path} HTTP/1.1\r\n${upgrade}\r\n`
  const post = `POST /length HTTP/1.1\r\n${upgrade}${json}Content-Length: 5\r\n\r\n`
  const chunked = `POST /length HTTP/1.1\r\n${upgrade}${json}Transfer-Encoding: chunked\r\n\r\n`
  const last = `GET ${path} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`
  const forms: Record<string, [sent: string[], messages: string[]]> = {
    'in one write': [[`${get}${last}`], ['public', 'public']],
    'in two writes': [
      [get, last],
      ['public', 'public'],
    ],
    'with a body': [[`${post}12345${last}`], ['12345']],
    'with a body in two writes': [[`${post}12`, `345${last}`], ['12345']],
    'with a chunked body': [[`${chunked}2\r\n12\r\n0\r\n\r\n${last}`], ['12']],
    'in a row': [[`${get}${get}${last}`], ['public', 'public', 'public']],
    'after a pending response': [[`${slow}${get}${last}`], ['protected', 'public', 'public']],
    'after the last response': [[`${last}${get}${last}`], ['public']],
    'malformed after it': [[`${get}JUMP / HTTP/1.1\r\n\r\n`], ['public', 'Bad Request']],
  }
  for (const [name, [sent, messages]] of Object.entries(forms)) {
    const socket = connect(port, '127.0.0.1')
    const closed = once(socket, 'close')
    let text = ''
    socket.on('data', (chunk) => (text += chunk))
    for (const part of sent) {
      socket.write(part)
      await setTimeout(20)
    }
    await closed
    t.strictSame(
      Array.from(text.matchAll(/"message":"([^"]+)"/g), ([, found]) => found),
      messages,
      name,
    )
  }
})

test('a client that resets its connection while an upgrade waits does no harm', async (t) => {
  const { app } = await testApp(t)
  const events = new EventEmitter()
  app.get('/slow', { config: { access: 'public' } }, async () => {
    events.emit('started')
    await once(events, 'released')
    return { message: 'slow' }
  })
  const started = once(events, 'started')
  const connection = once(app.server, 'connection')
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  const upgrade = `GET ${path} HTTP/1.1\r\n${HOST}Connection: upgrade\r\nUpgrade: h2c\r\n\r\n`
  socket.write(`GET /slow HTTP/1.1\r\n${HOST}\r\n${upgrade}`)
  const [served] = (await connection) as [Socket]
  const closed = new Promise((resolve) => served.once('close', resolve))
  await started
  socket.resetAndDestroy()
  await once(socket, 'close')
  events.emit('released')
  await closed
  t.ok(served.destroyed)
  const text = await sendRaw(port, '127.0.0.1', `GET ${path} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)
  t.match(text, /^HTTP\/1\.1 200/)
})

test('upgrades that are not taken do not count as further connections', async (t) => {
  const { app } = await testApp(t)
  let connections = 0
  app.server.on('connection', () => (connections += 1))
  const warnings: Error[] = []
  const warned = (warning: Error) => void warnings.push(warning)
  process.on('warning', warned)
  t.teardown(() => process.off('warning', warned))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const upgrade = `GET ${path} HTTP/1.1\r\n${HOST}Connection: upgrade\r\nUpgrade: h2c\r\n\r\n`
  const last = `GET ${path} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`
  const text = await sendRaw(port, '127.0.0.1', upgrade.repeat(20) + last)
  t.equal(text.match(/HTTP\/1\.1 200/g)?.length, 21)
  t.equal(connections, 1)
  t.strictSame(warnings, [], 'no listeners are left on the connection')
})

test('Node 24.9 and later ask whether an upgrade is taken', async (t) => {
  const { app } = await testApp(t)
  const ask = (headers: object) => {
    const { shouldUpgradeCallback } = app.server as unknown as Record<
      string,
      (request: object) => boolean
    >
    return shouldUpgradeCallback?.({ headers })
  }
  const withBody = [{ 'content-length': '1' }, { 'transfer-encoding': 'chunked' }]
  t.strictSame([{}, ...withBody].map(ask), [true, false, false], 'a body is read as usual')
  app.server.on('upgrade', () => {})
  t.strictSame([{}, ...withBody].map(ask), [true, true, true], 'a product takes all')
})

test('an upgrade that a product takes is left to it', async (t) => {
  const { app } = await testApp(t)
  app.server.on('upgrade', (_request, socket) => {
    socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n')
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const request = `GET ${path} HTTP/1.1\r\n${HOST}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n`
  t.equal(await sendRaw(port, '127.0.0.1', request), 'HTTP/1.1 101 Switching Protocols\r\n\r\n')
})

test('pipelined requests before a malformed one are answered first', async (t) => {
  const { port } = await listening(t)
  for (const second of ['JUMP / HTTP/1.1\r\n\r\n', `CONNECT x:1 HTTP/1.1\r\n${HOST}\r\n`]) {
    const fresh = (sub: string) =>
      `GET /probe/protected HTTP/1.1\r\n${HOST}Authorization: Bearer ${token({ sub })}\r\n\r\n`
    const all = `${fresh('1')}${fresh('2')}${fresh('3')}${second}`
    const text = await sendRaw(port, '127.0.0.1', all)
    t.strictSame(text.match(/HTTP\/1\.1 \d+/g), [...Array(3).fill('HTTP/1.1 200'), 'HTTP/1.1 400'])
  }
})

test('a malformed request is answered once, whatever follows', async (t) => {
  const { log, port } = await listening(t)
  log.length = 0
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write('JUMP / HTTP/1.1\r\n\r\n')
  const [answer] = await once(socket, 'data')
  socket.write('more of it\r\n\r\n')
  socket.write('and more\r\n\r\n')
  await once(socket, 'close')
  t.equal(parseRaw(String(answer)).status, 400)
  t.equal(log.length, 1)
})

test('a client that disconnects during a request does no harm', async (t) => {
  const { port } = await listening(t)
  for (const request of [
    'GET /api',
    `CONNECT x:1 HTTP/1.1\r\n${HOST}\r\n`,
    'JUMP / HTTP/1.1\r\n\r\n',
  ]) {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(request)
    socket.resetAndDestroy()
  }
  const fine = `GET ${path} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`
  t.equal(parseRaw(await sendRaw(port, '127.0.0.1', fine)).status, 200)
})

test('a closed connection is not answered', async (t) => {
  const { app, log } = await testApp(t)
  await app.ready()
  const socket = new Socket()
  socket.destroy()
  app.server.emit('clientError', Object.assign(new Error('reset'), { code: 'ECONNRESET' }), socket)
  t.strictSame(log, [])
})

test('a request that stops arriving is 408', async (t) => {
  const { app } = await testApp(t)
  Object.assign(app.server, { headersTimeout: 50, requestTimeout: 50 })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  isUniform(t, await sendRaw(port, '127.0.0.1', `GET ${path} HTTP/1.1\r\n`), 408, 'Request Timeout')
})

test('a request after the last response of a connection is not handled', async (t) => {
  const calls: string[] = []
  const { app } = await testApp(t, {
    routes: [
      async (app) => {
        app.addHook('onRequest', async ({ url }) => void calls.push(url))
        app.get('/called', { config: { access: 'public' } }, () => ({ message: 'called' }))
      },
    ],
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const next = `GET /called HTTP/1.1\r\n${HOST}${CLOSE}\r\n`
  const ends: Record<string, [request: string, status: number]> = {
    'an unknown expectation': [`GET ${path} HTTP/1.1\r\n${HOST}Expect: foo\r\n\r\n`, 417],
    'an undecodable URL': [`GET /%zz HTTP/1.1\r\n${HOST}\r\n`, 400],
  }
  for (const [name, [request, status]] of Object.entries(ends)) {
    const text = await sendRaw(port, '127.0.0.1', request + next)
    t.equal(parseRaw(text).status, status, name)
    t.equal(text.match(/HTTP\/1\.1 /g)?.length, 1, name)
  }
  t.strictSame(calls, [])
  t.equal(parseRaw(await sendRaw(port, '127.0.0.1', next)).status, 200)
  t.strictSame(calls, ['/called'])
})
