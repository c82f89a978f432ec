import {
  sign as cryptoSign,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'
import { connect } from 'node:net'
import { Writable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { buildApp } from '../../src/app.ts'
import type { Environment } from '../../src/config/environment.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { AccessTokenVerifier } from '../../src/tokens/access-token.ts'
import { matchingKeys, parseJwks } from '../../src/tokens/keys/jwks.ts'
import type { VerificationKeys } from '../../src/tokens/keys/remote-jwks.ts'

export const ISSUER = 'https://tenant.test/'
export const AUDIENCE = 'https://api.test'
export const ORIGIN = 'http://localhost:4040'

export const ENVIRONMENT = {
  AUTH0_DOMAIN: 'tenant.test',
  AUTH0_AUDIENCE: AUDIENCE,
  CLIENT_ORIGIN_URL: ORIGIN,
}

export interface TestKey {
  readonly alg: string
  readonly kid: string
  readonly privateKey: KeyObject
  readonly jwk: JsonWebKey & Record<string, unknown>
}

const GENERATED = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  RS256_4096: () => generateKeyPairSync('rsa', { modulusLength: 4096 }),
  RS256_1024: () => generateKeyPairSync('rsa', { modulusLength: 1024 }),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  Ed25519: () => generateKeyPairSync('ed25519'),
}

/** A new key pair of the tenant, its public half ready to be published. */
export function newKey(kind: keyof typeof GENERATED = 'RS256', kid = `${kind}-key`): TestKey {
  const { publicKey, privateKey } = GENERATED[kind]()
  const [alg = ''] = kind.split('_')
  return {
    alg,
    kid,
    privateKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' },
  }
}

/** The key that tokens are signed with where a test names no other. */
export const KEY = newKey('RS256', 'current')

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** Signs what no library would: any header and any claims, given as values or as JSON text. */
export function signJws(header: unknown, claims: unknown, key: TestKey = KEY): string {
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${signature(key, Buffer.from(input)).toString('base64url')}`
}

function signature({ alg, privateKey }: TestKey, input: Buffer): Buffer {
  if (alg === 'Ed25519') return cryptoSign(null, input, privateKey)
  if (alg === 'PS256')
    return cryptoSign('sha256', input, { key: privateKey, padding: 6, saltLength: 32 })
  return cryptoSign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' })
}

export const NOW = 1_800_000_000

/** The claims of a token that passes every rule at NOW, with changes. */
export function claims(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const good = { iss: ISSUER, aud: AUDIENCE, sub: 'auth0|1', iat: NOW - 60, exp: NOW + 3600 }
  return { ...good, permissions: [], ...changes }
}

/** A token that passes every rule at NOW, with changes to its claims and its header. */
export function token(
  changes: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
  key: TestKey = KEY,
): string {
  return signJws({ alg: key.alg, typ: 'JWT', kid: key.kid, ...header }, claims(changes), key)
}

/** Keys that cannot be had, or that are not what they should be. */
export function oddKeys(keysFor: VerificationKeys['keysFor']): VerificationKeys {
  return { keysFor, isCurrent: () => true }
}

/** The keys of a tenant that is always there. */
export function keysOf(keys: readonly TestKey[], algorithms: readonly string[]): VerificationKeys {
  const published = keys.map(({ jwk }) => jwk)
  const { keys: usable } = parseJwks(published, algorithms)
  return {
    isCurrent: () => true,
    keysFor: async (header) => matchingKeys(usable, header),
  }
}

export interface TestApp {
  readonly app: FastifyInstance
  /** The lines logged so far. */
  readonly log: Record<string, unknown>[]
  /** Calls a path with a bearer token, if one is given. */
  call(
    path: string,
    token?: string,
    headers?: Record<string, string>,
  ): Promise<{ status: number; message: string; headers: Record<string, unknown> }>
}

export interface TestAppOptions {
  readonly environment?: Environment
  readonly keys?: readonly TestKey[]
  readonly signingKeys?: VerificationKeys
  readonly now?: () => number
  readonly keysReady?: () => boolean
}

/** The app as the server builds it, against a tenant in memory; closed when the test ends. */
export async function testApp(t: Test, options: TestAppOptions = {}): Promise<TestApp> {
  const { config } = loadConfig(ENVIRONMENT, options.environment ?? {})
  const { log, destination } = logSink()
  const app = await buildApp({
    config,
    logger: createLogger(config.logLevel, destination),
    verifier: new AccessTokenVerifier(
      config.tokens,
      options.signingKeys ?? keysOf(options.keys ?? [KEY], config.tokens.algorithms),
      options.now ?? (() => NOW * 1000),
    ),
    keysReady: options.keysReady ?? (() => true),
  })
  t.teardown(() => app.close())
  return {
    app,
    log,
    async call(path, bearer, headers = {}) {
      const authorization = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }
      const response = await app.inject({ url: path, headers: { ...authorization, ...headers } })
      return {
        status: response.statusCode,
        message: response.json().message,
        headers: response.headers,
      }
    },
  }
}

/** A place for log lines that a test can read. */
export function logSink() {
  const log: Record<string, unknown>[] = []
  const destination = new Writable({
    write(chunk, _encoding, done) {
      for (const line of String(chunk).trimEnd().split('\n')) log.push(JSON.parse(line))
      done()
    },
  })
  return { log, destination }
}

export interface RawResponse {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** Sends bytes over a socket and reads until the server closes it. */
export function sendRaw(port: number, address: string, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const received: Buffer[] = []
    const socket = connect(port, address, () => socket.write(bytes))
    socket.on('data', (data) => received.push(data))
    socket.on('error', reject)
    socket.on('close', () => resolve(Buffer.concat(received).toString('latin1')))
  })
}

/** Reads one HTTP answer. */
export function parseRaw(text: string): RawResponse {
  const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s)
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = lines.map((line) => {
    const [name = '', value = ''] = line.split(/: (.*)/s)
    return [name.toLowerCase(), value] as const
  })
  return { status: Number(statusLine.split(' ')[1]), headers: new Map(headers), body }
}
