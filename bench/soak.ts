/**
 * `npm run soak [-- seconds]`: the built server under mixed traffic over 200 connections.
 *
 * Measures the latency of good tokens first, without and with a flood of tokens with made-up key
 * ids. Then mixes good, bad, expired, unknown and malformed requests, for two minutes. It fails if a
 * response is unexpected, or if the flood causes more than one JWKS fetch. A run of a minute or more
 * also fails if the flood triples the latency of good tokens, or if memory grows by more than 20 %
 * after the warm-up.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { encode } from './issuer/encode.ts'

const SECONDS = Number(process.argv[2] ?? 120)
const CONNECTIONS = 200
const AUDIENCE = 'https://api.test'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
let fetches = 0
const issuerServer = createServer((_request, response) => {
  fetches += 1
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }
  response.end(JSON.stringify({ keys: [jwk] }))
}).listen(0, '127.0.0.1')
await once(issuerServer, 'listening')
const issuer = `http://127.0.0.1:${(issuerServer.address() as AddressInfo).port}`

const now = Math.floor(Date.now() / 1000)
const claims = { iss: `${issuer}/`, aud: AUDIENCE, sub: 'u', iat: now, exp: now + 7200 }

function token(changes: object = {}, header: object = {}): string {
  const input = `${encode({ alg: 'RS256', kid: 'k', ...header })}.${encode({ ...claims, ...changes })}`
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
}

const repeat = (make: (i: number) => string, size: number) =>
  Array.from({ length: size }, (_, i) => make(i))
const pick = (items: readonly string[]) => items[Math.floor(Math.random() * items.length)] ?? ''
const good = repeat(
  (i) => token({ sub: `user-${i}`, permissions: i % 2 ? ['read:admin-messages'] : [] }),
  1000,
)
const expired = repeat((i) => token({ sub: `user-${i}`, exp: now - 60 }), 100)
const [head = '', body = '', signature = ''] = token().split('.')
/** Tokens with distinct key ids; they are rejected before the signature is verified. */
const unknownKey = () => `${encode({ alg: 'RS256', kid: randomUUID() })}.${body}.${signature}`
const forged = () => `${head}.${encode({ ...claims, sub: randomUUID() })}.${signature}`

interface RequestKind {
  readonly path: string
  readonly authorization?: () => string
  /** Status and body of each possible response. */
  readonly expected: readonly string[]
}

const BAD_CREDENTIALS = '401 {"message":"Bad credentials"}'
const protectedGood: RequestKind = {
  path: '/api/messages/protected',
  authorization: () => `Bearer ${pick(good)}`,
  expected: ['200 {"message":"The API successfully validated your access token."}'],
}
const flood: RequestKind = {
  ...protectedGood,
  authorization: () => `Bearer ${unknownKey()}`,
  expected: [BAD_CREDENTIALS],
}
const kinds: readonly RequestKind[] = [
  protectedGood,
  protectedGood,
  protectedGood,
  flood,
  { ...flood, authorization: () => `Bearer ${pick(expired)}` },
  { ...flood, authorization: () => `Bearer ${forged()}` },
  { ...flood, authorization: () => 'Bearer not-a-token' },
  {
    ...flood,
    authorization: () => 'Bearer a b',
    expected: ['400 {"message":"Malformed Authorization header"}'],
  },
  { path: '/api/messages/protected', expected: ['401 {"message":"Requires authentication"}'] },
  { path: '/unknown', expected: ['404 {"message":"Not Found"}'] },
  { path: '/%zz', expected: ['400 {"message":"Bad Request"}'] },
  {
    path: '/api/messages/public',
    expected: [`200 {"message":"The API doesn't require an access token to share this message."}`],
  },
  {
    path: '/api/messages/admin',
    authorization: () => `Bearer ${pick(good)}`,
    expected: [
      '200 {"message":"The API successfully recognized you as an admin."}',
      '403 {"message":"Permission denied"}',
    ],
  },
]

const server = spawn(process.execPath, ['dist/main.js'], {
  env: {
    PATH: process.env['PATH'],
    AUTH0_DOMAIN: issuer,
    AUTH0_AUDIENCE: AUDIENCE,
    CLIENT_ORIGIN_URL: 'http://localhost:4040',
    PORT: '0',
    HOST: '127.0.0.1',
    METRICS_PORT: '0',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const { api: port, metrics } = await readPorts(server)
server.stdout.resume()
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
const unexpected = new Map<string, number>()
const report = (response: string) => unexpected.set(response, (unexpected.get(response) ?? 0) + 1)

function send({ path, authorization, expected }: RequestKind): Promise<number> {
  const startedAt = performance.now()
  const headers = authorization === undefined ? {} : { authorization: authorization() }
  return new Promise((resolve) => {
    const settle = (response: string) => {
      if (!expected.includes(response)) report(`${path}: ${response}`)
      resolve(performance.now() - startedAt)
    }
    request({ port, host: '127.0.0.1', path, agent, headers }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += chunk))
      response.on('end', () => settle(`${response.statusCode} ${text}`))
    })
      .on('error', ({ message }) => settle(message))
      .end()
  })
}

/** Sends bytes that are not HTTP, on a new connection. */
function sendMalformed(): Promise<void> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1')
    socket
      .on('connect', () => socket.write('JUMP / HTTP/1.1\r\n\r\n'))
      .on('data', (chunk) => (text += chunk))
      .on('error', ({ message }) => report(`malformed: ${message}`))
      .on('close', () => {
        if (!text.startsWith('HTTP/1.1 400 ')) report(`malformed: ${text}`)
        resolve()
      })
  })
}

/** Sends requests, always so many at once. Returns the sorted latencies in milliseconds. */
async function load(
  seconds: number,
  concurrency: number,
  next: () => RequestKind,
): Promise<number[]> {
  const deadline = performance.now() + seconds * 1000
  const latencies: number[] = []
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (performance.now() < deadline) {
        if (next === mixed && Math.random() < 0.01) await sendMalformed()
        latencies.push(await send(next()))
      }
    }),
  )
  return latencies.sort((a, b) => a - b)
}

const mixed = (): RequestKind => kinds[Math.floor(Math.random() * kinds.length)] ?? flood
const p99 = (latencies: readonly number[]) => latencies[Math.floor(latencies.length * 0.99)] ?? 0
const residentMegabytes = async () => {
  const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text()
  return Number(/^process_resident_memory_bytes (\d+)/m.exec(text)?.[1]) / 1024 / 1024
}

await load(3, 20, () => protectedGood)
// Both measurements have 40 requests in flight; only the second has bad tokens among them.
const [baselineA, baselineB] = await Promise.all([
  load(5, 20, () => protectedGood),
  load(5, 20, () => protectedGood),
])
const fetchesBefore = fetches
const [duringFlood, floodLatencies] = await Promise.all([
  load(5, 20, () => protectedGood),
  load(5, 20, () => flood),
])
const fetchesInFlood = fetches - fetchesBefore

await load(Math.max(5, SECONDS * 0.2), CONNECTIONS, mixed)
const warm = await residentMegabytes()
const latencies = await load(SECONDS * 0.8, CONNECTIONS, mixed)
const end = await residentMegabytes()

agent.destroy()
server.kill('SIGTERM')
const [code] = await once(server, 'close')
issuerServer.closeAllConnections()
issuerServer.close()

const baseline = p99([...baselineA, ...baselineB].sort((a, b) => a - b))
/** Too short to compare latency and memory. */
const isShort = SECONDS < 60
const results: [what: string, passed: boolean][] = [
  [
    `p99 of good tokens: ${baseline.toFixed(1)} ms, and ${p99(duringFlood).toFixed(1)} ms during a flood of ${floodLatencies.length} made-up key ids`,
    isShort || p99(duringFlood) < 3 * baseline,
  ],
  [`JWKS fetches during that flood: ${fetchesInFlood}`, fetchesInFlood <= 1],
  [`${latencies.length} mixed requests, p99 ${p99(latencies).toFixed(1)} ms`, latencies.length > 0],
  [
    `resident memory: ${warm.toFixed(0)} MB after the warm-up, ${end.toFixed(0)} MB at the end`,
    isShort || end < 1.2 * warm,
  ],
  [`unexpected responses: ${JSON.stringify([...unexpected])}`, unexpected.size === 0],
  [`exit code ${code}`, code === 0],
]
for (const [what, passed] of results) console.log(`${passed ? 'ok  ' : 'FAIL'}  ${what}`)
process.exitCode = results.every(([, passed]) => passed) ? 0 : 1

/** Waits for the ports in the log of the server. */
async function readPorts({ stdout }: ChildProcess): Promise<{ api: number; metrics: number }> {
  let text = ''
  for await (const chunk of stdout ?? []) {
    text += chunk
    const api = /listening at http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1]
    const metrics = /"event":"metrics_listening","port":(\d+)/.exec(text)?.[1]
    if (api !== undefined && metrics !== undefined)
      return { api: Number(api), metrics: Number(metrics) }
  }
  throw new Error('The server exited before it was listening.')
}
