import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { type Test, test } from 'tap'
import { EventStreams } from '../../../src/local-tenant/console/requests/event-streams.ts'
import { RecentRequests } from '../../../src/local-tenant/console/requests/recent-requests.ts'
import { startTenant } from '../../support/visitor.ts'
import { recorded } from './forms.ts'

const PATH = '/console/requests/events'

/** Reads a stream of events until a text has come, or until its end. */
async function follow(url: string, headers: Record<string, string> = {}) {
  const abort = new AbortController()
  const response = await fetch(url, { headers, signal: abort.signal })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    status: response.status,
    headers: response.headers,
    async until(expected: string | null): Promise<string> {
      while (expected === null || !text.includes(expected)) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: '' }
        if (done) break
        text += value
      }
      return text
    },
    stop: () => abort.abort(),
  }
}

async function start(t: Test) {
  const requests = new RecentRequests()
  const tenant = await startTenant(t, { requests })
  return { requests, tenant, url: new URL(PATH, tenant.issuer).href }
}

test('requests are sent as they come, and those that were missed', async (t) => {
  const { requests, url } = await start(t)
  requests.add(recorded('a'))
  requests.add(recorded('b'))
  const all = await follow(url)
  t.match(all.headers.get('content-type'), 'text/event-stream')
  t.equal(all.headers.get('access-control-allow-origin'), null)
  t.match(await all.until('id: b'), /^retry: \d+\n\nid: a\ndata: "<tr [^\n]*"\n\nid: b\n/)
  const rest = await follow(`${url}?after=a`)
  const again = await follow(`${url}?after=unknown`, { 'last-event-id': 'b' })
  requests.add(recorded('c'))
  t.match(await all.until('id: c'), /id: b\n.*id: c\n/s)
  t.match(await rest.until('id: c'), /^retry: \d+\n\nid: b\n.*id: c\n/s)
  t.match(await again.until('id: c'), /^retry: \d+\n\nid: c\n/)
  for (const stream of [all, rest, again]) stream.stop()
})

test('the number of streams is bounded, and closing ends them', async (t) => {
  const { requests, tenant, url } = await start(t)
  const streams = await Promise.all(Array.from({ length: 12 }, () => follow(url)))
  for (const { status } of streams) t.equal(status, 200)
  const refused = await follow(url)
  t.equal(refused.status, 503)
  t.match(await refused.until(null), /Too many pages show the requests/)
  const [first, second, ...others] = streams
  first?.stop()
  let next = await follow(url)
  while (next.status === 503) next = await follow(url)
  t.equal(next.status, 200, 'there is room again')
  await tenant.app.close()
  for (const stream of [second, next, ...others]) {
    t.match(await stream?.until(null), /^retry/, 'it ended')
  }
  requests.add(recorded('late'))
})

/** A server with the streams alone, and a client that only reads what it is told to. */
async function serve(t: Test, heartbeatMs?: number) {
  const streams = new EventStreams(heartbeatMs)
  const responses: ServerResponse[] = []
  const server = createServer((_request, response) => {
    responses.push(response)
    streams.open(response, [])
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  t.teardown(() => {
    streams.close()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { streams, server, port, responses }
}

test('a comment is sent from time to time', async (t) => {
  const { port } = await serve(t, 5)
  const stream = await follow(`http://localhost:${port}`)
  t.match(await stream.until(': heartbeat\n\n'), /: heartbeat\n\n/)
  stream.stop()
})

test('a reader that is too slow is cut off, and its memory is free', async (t) => {
  const { streams, server, port, responses } = await serve(t)
  const socket = connect(port, 'localhost', () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'))
  socket.on('error', () => {})
  await once(server, 'request')
  socket.pause()
  t.equal(streams.size, 1)
  const closed = once(responses[0] as ServerResponse, 'close')
  const data = 'x'.repeat(100_000)
  let sent = 0
  let most = 0
  while (!responses[0]?.destroyed) {
    streams.send({ id: 'x', data })
    sent += 1
    most = Math.max(most, Number(responses[0]?.writableLength))
    if (sent % 10 === 0) await new Promise(setImmediate)
  }
  await closed
  t.equal(streams.size, 0)
  t.ok(most < 400_000, `${most} bytes were kept`)
  socket.destroy()
})
