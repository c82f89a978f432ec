import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type JsonWebKey,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto'
import type { JsonObject } from '../jws.ts'
import { publicMembers, thumbprintOf } from './thumbprint.ts'

/** The request that a proof is for. */
export interface ProofRequest {
  readonly method: string
  /** Without query and fragment. */
  readonly uri: string
  /** The access token that the request has, if any. */
  readonly token?: string | undefined
  /** The nonce of the server, if it gave one. */
  readonly nonce?: string | undefined
}

/** A client's key (ES256), which signs its proofs (RFC 9449 §4.2). Tests and the tools of development use it. */
export class ProofSigner {
  /** Of the key (RFC 7638). Tokens are bound to it. */
  readonly thumbprint: string
  readonly #key: KeyObject
  readonly #jwk: JsonWebKey

  /**
   * @param key a private key on the curve P-256
   * @throws Error if the key is of another kind
   */
  constructor(key: KeyObject = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey) {
    const jwk = publicMembers(createPublicKey(key).export({ format: 'jwk' }) as JsonObject)
    if (jwk?.crv !== 'P-256') throw new Error('The key is not an ES256 key.')
    this.#key = key
    this.#jwk = jwk
    this.thumbprint = thumbprintOf(jwk)
  }

  /** @throws Error if the key is not a private ES256 key */
  static import(jwk: JsonWebKey): ProofSigner {
    return new ProofSigner(createPrivateKey({ key: jwk, format: 'jwk' }))
  }

  /** The private key. */
  export(): JsonWebKey {
    return this.#key.export({ format: 'jwk' })
  }

  /**
   * Signs a new proof for one request.
   *
   * @param now seconds since the epoch
   */
  sign({ method, uri, token, nonce }: ProofRequest, now: number): string {
    const header = encode({ typ: 'dpop+jwt', alg: 'ES256', jwk: this.#jwk })
    const claims = encode({
      jti: randomUUID(),
      htm: method,
      htu: uri,
      iat: now,
      ath: token && hash('sha256', token, 'base64url'),
      nonce,
    })
    const data = Buffer.from(`${header}.${claims}`)
    const signature = sign('sha256', data, { key: this.#key, dsaEncoding: 'ieee-p1363' })
    return `${data}.${signature.toString('base64url')}`
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
