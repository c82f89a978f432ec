import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { SignJWT } from 'jose'
import { ProofSigner } from '../tokens/dpop/proof-signer.ts'
import { claimsOf, personaOf, type TestCaller, type TestTenant } from './caller.ts'

const LIFETIME_SECONDS = 60 * 60

export interface TestIssuerOptions {
  readonly issuer: string
  readonly audience: string
  readonly tenant: TestTenant | undefined
}

/** Issues the access tokens of a test server, with keys of its own. */
export class TestIssuer {
  readonly #options: TestIssuerOptions
  readonly #key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  /** The key of the client that sends bound tokens. */
  readonly #signer = new ProofSigner()

  constructor(options: TestIssuerOptions) {
    this.#options = options
  }

  /** A key set (JWKS) in its own URL: the server fetches it as usual, but not over the network. */
  get jwksUrl(): string {
    const jwk = createPublicKey(this.#key).export({ format: 'jwk' })
    const keys = [{ ...jwk, alg: 'ES256', use: 'sig' }]
    return `data:application/json,${encodeURIComponent(JSON.stringify({ keys }))}`
  }

  /** @param as who calls, or the name of a persona */
  tokenFor(as: TestCaller | string): Promise<string> {
    const { issuer, audience } = this.#options
    const now = Math.floor(Date.now() / 1000)
    const times = { iat: now, exp: now + LIFETIME_SECONDS }
    return new SignJWT({ iss: issuer, aud: audience, ...times, ...claimsOf(this.#callerOf(as)) })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
      .sign(this.#key)
  }

  /** The headers of a call with a token that is bound to the client's key. */
  async boundCredentials(as: TestCaller | string, method: string, uri: string) {
    const caller = this.#callerOf(as)
    const claims = { cnf: { jkt: this.#signer.thumbprint }, ...caller.claims }
    const token = await this.tokenFor({ ...caller, claims })
    return {
      authorization: `DPoP ${token}`,
      dpop: this.#signer.sign({ method, uri, token }, Date.now() / 1000),
    }
  }

  #callerOf(as: TestCaller | string): TestCaller {
    return typeof as === 'string' ? personaOf(this.#options.tenant, as) : as
  }
}
