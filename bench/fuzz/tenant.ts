import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { encode } from '../issuer/encode.ts'

export const AUDIENCE = 'https://api.fuzz.test'

/** The values of an `Authorization` header with a token of a known kind. */
export interface Tokens {
  /** Accepted, without a permission. */
  readonly good: readonly string[]
  /** Accepted, with all permissions. */
  readonly admin: readonly string[]
  /** Rejected: wrong claims, signatures, keys, types. */
  readonly bad: readonly string[]
}

export interface Tenant {
  readonly issuer: string
  readonly tokens: Tokens
  close(): void
}

/** A tenant on loopback: a discovery document, one key, and no client that may redeem a code. */
export async function startTenant(): Promise<Tenant> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }
  const server = createServer((request, response) => {
    request.resume()
    const document = documents[String(request.url)]
    response.writeHead(document === undefined ? 403 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(document ?? { error: 'invalid_grant' }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const documents: Readonly<Record<string, object>> = {
    '/.well-known/jwks.json': { keys: [jwk] },
    '/.well-known/openid-configuration': {
      issuer: `${origin}/`,
      jwks_uri: `${origin}/.well-known/jwks.json`,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/oauth/token`,
      end_session_endpoint: `${origin}/oidc/logout`,
      response_types_supported: ['code'],
      id_token_signing_alg_values_supported: ['RS256'],
      code_challenge_methods_supported: ['S256'],
    },
  }

  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: `${origin}/`, aud: AUDIENCE, sub: 'u', iat: now, exp: now + 86_400 }
  const token = (changes: object = {}, header: object = {}) => {
    const input = `${encode({ alg: 'RS256', kid: 'k', ...header })}.${encode({ ...claims, ...changes })}`
    return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
  }
  const permissions = ['read:admin-messages', 'write:notes']
  const [head = '', payload = '', signature = ''] = token().split('.')
  return {
    issuer: origin,
    tokens: {
      good: [token(), token({ sub: 'v' }), token({ sub: 'ü', permissions: ['other'] })],
      admin: [token({ permissions }), token({ sub: 'v', permissions })],
      bad: [
        token({ exp: now - 60 }),
        token({ nbf: now + 3600 }),
        token({ iss: 'https://other.test/' }),
        token({ aud: 'https://other.test' }),
        token({ sub: '' }),
        token({ org_id: 'org_unknown' }),
        token({ nonce: 'of an ID token' }),
        token({ cnf: { jkt: 'x' } }),
        token({}, { kid: 'unknown' }),
        token({}, { typ: 'logout+jwt' }),
        token({}, { crit: ['exp'] }),
        `${encode({ alg: 'none' })}.${payload}.`,
        `${encode({ alg: 'HS256', kid: 'k' })}.${payload}.${signature}`,
        `${head}.${encode({ ...claims, sub: 'forged' })}.${signature}`,
        `${head}.${payload}`,
        `${head}..${signature}`,
        `${head}.${payload}.${signature}.${signature}.`,
        `${head}.${'A'.repeat(9000)}.${signature}`,
        'e30.e30.e30',
        'a',
        '..',
      ],
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
