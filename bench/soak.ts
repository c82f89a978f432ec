/**
 * `npm run soak [-- seconds]`: the built server, under everything at once, over 200 connections.
 *
 * First the latency of good tokens, alone and beside a flood of tokens with made-up key ids; then
 * good, bad, expired, unknown and malformed requests mixed, for two minutes. It fails where an
 * answer is not the contract's or the flood causes more than one key fetch; and, unless it is too
 * short to tell (under a minute), where the flood costs good tokens more than three times their
 * latency, or memory at the end is more than 20 % above that after the warm-up.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'

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
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

function token(changes: object = {}, header: object = {}): string {
  const input = `${encode({ alg: 'RS256', kid: 'k', ...header })}.${encode({ ...claims, ...changes })}`
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
}

const pool = (make: (i: number) => string, size: number) =>
  Array.from({ length: size }, (_, i) => make(i))
const pick = (items: readonly string[]) => items[Math.floor(Math.random() * items.length)] ?? ''
const good = pool(
  (i) => token({ sub: `user-${i}`, permissions: i % 2 ? ['read:admin-messages'] : [] }),
  1000,
)
const expired = pool((i) => token({ sub: `user-${i}`, exp: now - 60 }), 100)
const [head = '', body = '', signature = ''] = token().split('.')
/** Tokens that differ in their key id; nobody gets to look at their signature. */
const unknownKey = () => `${encode({ alg: 'RS256', kid: randomUUID() })}.${body}.${signature}`
const forged = () => `${head}.${encode({ ...claims, sub: randomUUID() })}.${signature}`

interface Kind {
  readonly path: string
  readonly authorization?: () => string
  readonly expected: readonly string[]
}

const REFUSED = '401 {"message":"Bad credentials"}'
const protectedGood: Kind = {
  path: '/api/messages/protected',
  authorization: () => `Bearer ${pick(good)}`,
  expected: ['200 {"message":"The API successfully validated your access token."}'],
}
const flood: Kind = {
  ...protectedGood,
  authorization: () => `Bearer ${unknownKey()}`,
  expected: [REFUSED],
}
const kinds: readonly Kind[] = [
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
const { api: port, metrics } = await portsOf(server)
server.stdout.resume()
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
const problems = new Map<string, number>()
const note = (problem: string) => problems.set(problem, (problems.get(problem) ?? 0) + 1)

function call({ path, authorization, expected }: Kind): Promise<number> {
  const began = performance.now()
  const headers = authorization === undefined ? {} : { authorization: authorization() }
  return new Promise((resolve) => {
    const settle = (answer: string) => {
      if (!expected.includes(answer)) note(`${path}: ${answer}`)
      resolve(performance.now() - began)
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

/** Something that is no HTTP, on a connection of its own. */
function callBroken(): Promise<void> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1')
    socket
      .on('connect', () => socket.write('JUMP / HTTP/1.1\r\n\r\n'))
      .on('data', (chunk) => (text += chunk))
      .on('error', ({ message }) => note(`broken: ${message}`))
      .on('close', () => {
        if (!text.startsWith('HTTP/1.1 400 ')) note(`broken: ${text}`)
        resolve()
      })
  })
}

/** Keeps that many calls under way for a time; the latencies in milliseconds, in order. */
async function load(seconds: number, width: number, next: () => Kind): Promise<number[]> {
  const until = performance.now() + seconds * 1000
  const latencies: number[] = []
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (performance.now() < until) {
        if (next === mixed && Math.random() < 0.01) await callBroken()
        latencies.push(await call(next()))
      }
    }),
  )
  return latencies.sort((a, b) => a - b)
}

const mixed = (): Kind => kinds[Math.floor(Math.random() * kinds.length)] ?? flood
const p99 = (latencies: readonly number[]) => latencies[Math.floor(latencies.length * 0.99)] ?? 0
const memory = async () => {
  const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text()
  return Number(/^process_resident_memory_bytes (\d+)/m.exec(text)?.[1]) / 1024 / 1024
}

await load(3, 20, () => protectedGood)
// The same number of calls is under way in both, so that what differs is what they bring.
const [alone, aloneToo] = await Promise.all([
  load(5, 20, () => protectedGood),
  load(5, 20, () => protectedGood),
])
const fetchesBefore = fetches
const [beside, flooding] = await Promise.all([
  load(5, 20, () => protectedGood),
  load(5, 20, () => flood),
])
const fetchesInFlood = fetches - fetchesBefore

await load(Math.max(5, SECONDS * 0.2), CONNECTIONS, mixed)
const warm = await memory()
const calls = await load(SECONDS * 0.8, CONNECTIONS, mixed)
const end = await memory()

agent.destroy()
server.kill('SIGTERM')
const [code] = await once(server, 'close')
issuerServer.closeAllConnections()
issuerServer.close()

const undisturbed = p99([...alone, ...aloneToo].sort((a, b) => a - b))
const short = SECONDS < 60
const results: [what: string, holds: boolean][] = [
  [
    `p99 of good tokens: ${undisturbed.toFixed(1)} ms alone, ${p99(beside).toFixed(1)} ms beside ${flooding.length} made-up key ids`,
    short || p99(beside) < 3 * undisturbed,
  ],
  [`key set fetched ${fetchesInFlood} times during that flood`, fetchesInFlood <= 1],
  [`${calls.length} mixed calls, p99 ${p99(calls).toFixed(1)} ms`, calls.length > 0],
  [`memory ${warm.toFixed(0)} MB warm, ${end.toFixed(0)} MB at the end`, short || end < 1.2 * warm],
  [`answers that are not the contract's: ${JSON.stringify([...problems])}`, problems.size === 0],
  [`exit code ${code}`, code === 0],
]
for (const [what, holds] of results) console.log(`${holds ? 'ok  ' : 'FAIL'}  ${what}`)
process.exitCode = results.every(([, holds]) => holds) ? 0 : 1

/** The ports that the server says it listens on. */
async function portsOf({ stdout }: ChildProcess): Promise<{ api: number; metrics: number }> {
  let text = ''
  for await (const chunk of stdout ?? []) {
    text += chunk
    const api = /listening at http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1]
    const metrics = /"event":"metrics_listening","port":(\d+)/.exec(text)?.[1]
    if (api !== undefined && metrics !== undefined)
      return { api: Number(api), metrics: Number(metrics) }
  }
  throw new Error('The server ended before it listened.')
}
