/**
 * Runs the built server behind HAProxy: with TLS and a path that the proxy removes, as two processes that
 * share Redis and the secrets for nonces, with different secrets, and with a proxy that repeats requests. Then
 * behind HAProxy and nginx with the files of deploy/proxies. Prints `Proxies: N passed, N failed`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import {
  createServer,
  type IncomingHttpHeaders,
  request as plainRequest,
  type Server,
} from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose'
import { freePort } from '../test/support/process.ts'
import { PROXY_NAMES, startProxyFile, untilListening, writeCertificate } from './proxy-files.ts'
import { runChecks } from './run-checks.ts'
import { AUDIENCE, createSigner } from './signer.ts'

const ROUTE = '/api/messages/protected'
const SECRETS = ['a secret of 32 characters at least', 'another secret with over 32 characters']

const directory = mkdtempSync(join(tmpdir(), 'proxies-'))
const certificate = writeCertificate(directory)
const children: ChildProcess[] = []
const servers: Server[] = []

// The tenant, and a client with a bound token.
const signer = await createSigner()
const clientKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const clientJwk = await exportJWK(clientKeys.publicKey)
const tenant = createServer((_request, response) => response.end(signer.jwks))
servers.push(tenant)
await once(tenant.listen(0, '127.0.0.1'), 'listening')
const issuer = `http://127.0.0.1:${(tenant.address() as AddressInfo).port}`
const jkt = await calculateJwkThumbprint(clientJwk)
const accessToken = await signer.sign(issuer, { cnf: { jkt } })

function proofFor(htu: string, nonce?: string): Promise<string> {
  const ath = createHash('sha256').update(accessToken).digest('base64url')
  return new SignJWT({ htm: 'GET', htu, ath, jti: randomUUID(), ...(nonce && { nonce }) })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: clientJwk })
    .setIssuedAt()
    .sign(clientKeys.privateKey)
}

function run(command: string, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(command, args, {
    env: { PATH: String(process.env['PATH']), ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  children.push(child)
  return child
}

/** Starts the server at a free port; the port. */
async function startApi(port: number, environment: Record<string, string>): Promise<number> {
  run(process.execPath, ['dist/main.js'], {
    AUTH0_DOMAIN: issuer,
    AUTH0_AUDIENCE: AUDIENCE,
    CLIENT_ORIGIN_URL: 'http://localhost:4040',
    HOST: '127.0.0.1',
    PORT: String(port),
    DPOP: 'required',
    MAX_EVENT_LOOP_DELAY: '0',
    ...environment,
  })
  await untilListening(port)
  return port
}

/** Starts HAProxy; the origin at which clients reach it. */
async function startProxy(backend: string, bind = ''): Promise<string> {
  const port = await freePort()
  const file = join(directory, `haproxy-${port}.cfg`)
  writeFileSync(
    file,
    `defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
frontend public
  bind 127.0.0.1:${port} ${bind}
  default_backend api
backend api
${backend}
`,
  )
  run(process.env['HAPROXY'] ?? 'haproxy', ['-db', '-f', file])
  await untilListening(port)
  return `${bind === '' ? 'http' : 'https'}://localhost:${port}`
}

interface Answer {
  readonly status: number
  readonly challenge: string
  readonly nonce: string | undefined
}

/** Sends a request with a bound token. The certificate of the proxy is one of this script. */
async function call(url: string, proof: string): Promise<Answer> {
  const headers = { authorization: `DPoP ${accessToken}`, dpop: proof }
  if (url.startsWith('https:')) {
    const sent = request(url, { headers, ca: certificate }).end()
    const [response] = await once(sent, 'response')
    response.resume()
    return answerOf(response.statusCode, (name) => response.headers[name])
  }
  const response = await fetch(url, { headers })
  await response.arrayBuffer()
  return answerOf(response.status, (name) => response.headers.get(name) ?? undefined)
}

function answerOf(status: number, header: (name: string) => string | undefined): Answer {
  const challenge = header('www-authenticate') ?? ''
  return { status, challenge, nonce: header('dpop-nonce') }
}

function expect(name: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`${name}: ${found} instead of ${expected}`)
}

/** A.6, 8. */
async function pathAndTls(): Promise<void> {
  const port = await freePort()
  const backend = `  http-request replace-path /v1(/.*) \\1
  server api1 127.0.0.1:${port}`
  const origin = await startProxy(backend, `ssl crt ${join(directory, 'api.pem')}`)
  await startApi(port, { PUBLIC_URL: `${origin}/v1`, DPOP: 'allowed' })
  const url = `${origin}/v1${ROUTE}`
  expect('the public URL', (await call(url, await proofFor(url))).status, 200)
  for (const htu of [`${origin}${ROUTE}`, url.replace('https:', 'http:')]) {
    const { status, challenge } = await call(url, await proofFor(htu))
    expect(htu, status, 401)
    expect(htu, challenge.includes('error="invalid_dpop_proof"'), true)
  }
}

/** Two processes behind a proxy that sends each request to the next one. */
async function twoProcesses(secrets: readonly [string, string], redis?: string) {
  const shared: Record<string, string> = redis === undefined ? {} : { REDIS_URL: redis }
  const ports = await Promise.all(
    secrets.map(async (DPOP_NONCE_SECRETS) =>
      startApi(await freePort(), { DPOP_NONCE_SECRETS, TRUST_PROXY: 'loopback', ...shared }),
    ),
  )
  const lines = ports.map((port, index) => `  server api${index} 127.0.0.1:${port}`)
  const origin = await startProxy(['  balance roundrobin', ...lines].join('\n'))
  return { url: `${origin}${ROUTE}`, ports }
}

/** On a busy machine, the first connection to Redis can take longer than the server waits for it (503). */
async function callWithRetry(url: string, nonce: string | undefined): Promise<Answer> {
  for (let left = 5; ; left -= 1) {
    const answer = await call(url, await proofFor(url, nonce))
    if (answer.status !== 503 || left === 0) return answer
  }
}

/** A.6, 46. */
async function sharedProcesses(): Promise<void> {
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  run(process.env['REDIS_SERVER'] ?? 'redis-server', [...args, '--logfile', '/dev/null'])
  await untilListening(port)
  const [secret = ''] = SECRETS
  const { url } = await twoProcesses([secret, secret], `redis://127.0.0.1:${port}`)
  const first = await call(url, await proofFor(url))
  expect('the first call', first.challenge.includes('error="use_dpop_nonce"'), true)
  let { nonce } = first
  for (let round = 0; round < 50; round += 1) {
    const answer = await callWithRetry(url, nonce)
    expect(`call ${round}`, answer.status, 200)
    nonce = answer.nonce ?? nonce
  }
  const proof = await proofFor(url, nonce)
  const both = await Promise.all([call(url, proof), call(url, proof)])
  expect('at once', both.filter(({ status }) => status === 200).length, 1)
  for (const round of ['one process', 'the other']) {
    const { status, challenge } = await call(url, proof)
    expect(`replayed at ${round}`, status, 401)
    expect(`replayed at ${round}`, challenge.includes('error="invalid_dpop_proof"'), true)
  }
}

/** A.6, 47: a client that repeats a request once gets no further. */
async function differentSecrets(): Promise<void> {
  const { url } = await twoProcesses(SECRETS as [string, string])
  const first = await call(url, await proofFor(url))
  const second = await call(url, await proofFor(url, first.nonce))
  expect('the repeated request', second.status, 401)
  expect('its error', second.challenge.includes('error="use_dpop_nonce"'), true)
}

/**
 * A proxy that repeats a request whose response was lost: a process between them closes the connection
 * after the server has answered.
 *
 * @returns the status that the client gets
 */
async function lostResponse(settings: string): Promise<Answer> {
  const port = await startApi(await freePort(), { TRUST_PROXY: 'loopback' })
  let isLost = false
  const between = createServer(async ({ url, headers }, response) => {
    const { host = '', authorization = '', dpop } = headers
    const passed = { host, authorization, dpop: String(dpop) }
    const sent = requestTo(port, String(url), passed)
    const [answer] = await once(sent, 'response')
    if (!isLost) {
      isLost = true
      answer.resume()
      response.socket?.destroy()
      return
    }
    response.writeHead(answer.statusCode, answer.headers)
    answer.pipe(response)
  })
  servers.push(between)
  await once(between.listen(0, '127.0.0.1'), 'listening')
  const { port: lossy } = between.address() as AddressInfo
  const origin = await startProxy(`${settings}\n  server api1 127.0.0.1:${lossy}`)
  const url = `${origin}${ROUTE}`
  return call(url, await proofFor(url))
}

function requestTo(port: number, path: string, headers: Record<string, string>) {
  return plainRequest({ host: '127.0.0.1', port, path, headers, agent: false }).end()
}

async function repeatedRequests(): Promise<void> {
  const repeated = await lostResponse(
    '  retries 3\n  option redispatch\n  retry-on all-retryable-errors',
  )
  expect('a repeated proof', repeated.status, 401)
  expect('its error', repeated.challenge.includes('was used before'), true)
  const single = await lostResponse('  retries 3\n  option redispatch\n  retry-on conn-failure')
  expect('without a repetition, the proxy', single.status, 502)
}

/** A server that records requests other than health checks, and answers or loses the connection. */
async function recorder(answers: boolean) {
  const seen: IncomingHttpHeaders[] = []
  const server = createServer(async (received, response) => {
    for await (const _ of received);
    const isCheck = received.url === '/readyz'
    if (!isCheck) seen.push(received.headers)
    if (answers || isCheck) response.end('{}')
    else received.socket.destroy()
  })
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { seen, port: (server.address() as AddressInfo).port }
}

/** What a client says about itself does not reach the server, and Host does. */
async function filesReplaceHeaders(): Promise<void> {
  for (const name of PROXY_NAMES) {
    const { seen, port } = await recorder(true)
    const proxy = await startProxyFile(name, directory, [port])
    const { status } = await fetch(`http://localhost:${proxy.port}/`, {
      headers: {
        'X-Forwarded-For': '192.0.2.1',
        'X-Forwarded-Host': 'evil.test',
        'X-Forwarded-Proto': 'https',
        Forwarded: 'for=192.0.2.1',
        DPoP: 'a.b.c',
      },
    })
    expect(name, status, 200)
    const [headers] = seen as [IncomingHttpHeaders]
    const expected = {
      host: `localhost:${proxy.port}`,
      'x-forwarded-proto': 'http',
      'x-forwarded-host': undefined,
      forwarded: undefined,
      dpop: 'a.b.c',
    }
    for (const [header, value] of Object.entries(expected)) {
      expect(`${name}, ${header}`, headers[header], value)
    }
    const client = String(headers['x-forwarded-for'])
    expect(
      `${name}, the client ${client}`,
      ['127.0.0.1', '::ffff:127.0.0.1'].includes(client),
      true,
    )
  }
}

/** With TLS: the URL of a proof is that of the client, by the headers of the proxy alone. */
async function filesWithTls(): Promise<void> {
  for (const name of PROXY_NAMES) {
    const port = await startApi(await freePort(), { TRUST_PROXY: 'loopback' })
    const { tlsPort } = await startProxyFile(name, directory, [port], { tls: true })
    const url = `https://localhost:${tlsPort}${ROUTE}`
    const proof = await proofFor(url)
    expect(name, (await call(url, proof)).status, 200)
    const again = await call(url, proof)
    expect(`${name}, the proof again`, again.status, 401)
    expect(`${name}, its error`, again.challenge.includes('error="invalid_dpop_proof"'), true)
  }
}

/** A request that has reached a server is not repeated, and one that has not is. */
async function filesRepeatConnections(): Promise<void> {
  for (const name of PROXY_NAMES) {
    for (const method of ['GET', 'POST', 'PUT']) {
      const lossy = await recorder(false)
      const good = await recorder(true)
      const single = await startProxyFile(name, directory, [lossy.port])
      const dead = await startProxyFile(name, directory, [await freePort(), good.port])
      const body = method === 'GET' ? null : 'text'
      const lost = await fetch(`http://localhost:${single.port}/`, { method, body })
      expect(`${name}, ${method} lost`, lost.status, 502)
      expect(`${name}, ${method} lost, requests`, lossy.seen.length, 1)
      for (const round of ['first', 'second', 'third']) {
        const { status } = await fetch(`http://localhost:${dead.port}/`, { method, body })
        expect(`${name}, ${method}, a dead server, ${round} request`, status, 200)
      }
      expect(`${name}, ${method}, requests`, good.seen.length, 3)
    }
  }
}

const checks = {
  pathAndTls,
  sharedProcesses,
  differentSecrets,
  repeatedRequests,
  filesReplaceHeaders,
  filesWithTls,
  filesRepeatConnections,
}
await runChecks('Proxies', Object.entries(checks))
for (const child of children) child.kill('SIGKILL')
for (const server of servers) {
  server.close()
  server.closeAllConnections()
}
rmSync(directory, { recursive: true, force: true })
