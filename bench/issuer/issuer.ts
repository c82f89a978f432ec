import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { openStore, type Store, saveStore, temporaryStore } from './store.ts'

export const AUDIENCE = 'https://messages-api.bench'

/** The issuer that all targets trust. */
export interface Issuer {
  /** With a trailing slash, as in `iss` and in the discovery document. */
  readonly url: string
  /** Another name of the same issuer, as a custom domain is: it has the same keys. */
  readonly otherUrl: string
  readonly jwksUri: string
  readonly kid: string
  /** For targets that do not support a JWKS. */
  readonly publicKeyFile: string
  readonly store: Store
  close(): void
}

/** Publishes the JWKS on loopback, on the port of the last run if that is free. */
export async function startIssuer(): Promise<Issuer> {
  let store = openStore()
  const server = createServer((request, response) => {
    const body = documents[request.url ?? '']
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body ?? {}))
  })
  const isShared = await tryListen(server, store.port)
  if (!isShared) {
    store = temporaryStore()
    await tryListen(server, 0)
  }
  const { port } = server.address() as AddressInfo
  store = { ...store, port }
  saveStore(store)

  const publicKey = createPublicKey(store.privateKey)
  const kid = thumbprint(publicKey)
  const url = `http://127.0.0.1:${port}/`
  const otherUrl = `http://localhost:${port}/`
  const jwksUri = `${url}.well-known/jwks.json`
  const key = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }
  const documents: Record<string, object> = {
    '/.well-known/jwks.json': { keys: [key] },
    '/.well-known/openid-configuration': {
      issuer: url,
      jwks_uri: jwksUri,
      id_token_signing_alg_values_supported: ['RS256'],
    },
  }
  const publicKeyFile = join(store.directory, 'public.pem')
  writeFileSync(publicKeyFile, publicKey.export({ type: 'spki', format: 'pem' }))
  const close = () => {
    server.closeAllConnections()
    server.close()
    if (!isShared) rmSync(store.directory, { recursive: true })
  }
  return { url, otherUrl, jwksUri, kid, publicKeyFile, store, close }
}

async function tryListen(server: Server, port: number): Promise<boolean> {
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  }
}

/** JWK thumbprint (RFC 7638). */
function thumbprint(key: KeyObject): string {
  const { e, kty, n } = key.export({ format: 'jwk' })
  return createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url')
}
