import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, SignJWT } from 'jose'

/** The key of a client: its tokens are bound to it, and it signs its proofs (RFC 9449 §4.2). */
export class ClientKey {
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  readonly #jwk = this.#keys.publicKey.export({ format: 'jwk' })

  /** The claims of a token that is bound to the key. */
  async claims(): Promise<{ readonly cnf: { readonly jkt: string } }> {
    return { cnf: { jkt: await calculateJwkThumbprint(this.#jwk) } }
  }

  /** A new proof for one request. */
  proofFor(token: string, method: string, uri: string): Promise<string> {
    const ath = createHash('sha256').update(token).digest('base64url')
    return new SignJWT({ htm: method, htu: uri, ath, jti: randomUUID() })
      .setIssuedAt()
      .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: this.#jwk })
      .sign(this.#keys.privateKey)
  }
}
