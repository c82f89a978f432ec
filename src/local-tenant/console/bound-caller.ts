import type { ServerAnswer } from '../../explain/explanation.ts'
import { ProofSigner } from '../../tokens/dpop/proof-signer.ts'
import type { Grant } from '../protocol/tokens/grants.ts'
import type { TokenIssuer } from '../protocol/tokens/token-issuer.ts'
import { type ConsoleApi, decideRoute, type RouteAnswer } from './console-api.ts'

/** A request to the API, and what the API answered. */
export interface Attempt {
  readonly sent: string
  readonly answer: RouteAnswer
}

/** A client with a key of its own: its tokens are bound to the key, which signs a proof for each request. */
export class BoundCaller {
  readonly #signer = new ProofSigner()
  readonly #tokenIssuer: TokenIssuer

  constructor(tokenIssuer: TokenIssuer) {
    this.#tokenIssuer = tokenIssuer
  }

  /**
   * Issues a token that is bound to the key.
   *
   * @returns undefined if the API does not allow bound tokens
   * @throws OAuthError `invalid_request` if the client needs one, and the API does not allow it
   */
  async issue(grant: Grant): Promise<string | undefined> {
    const thumbprint = this.#tokenIssuer.keyFor(grant, this.#signer.thumbprint)
    return thumbprint && this.#tokenIssuer.signAccessToken(grant, thumbprint)
  }

  /** Sends a token with a new proof, and with another one that has a nonce if the API wants it. */
  async send(
    api: ConsoleApi,
    route: string,
    token: string,
  ): Promise<{
    readonly attempts: readonly Attempt[]
    readonly proof: string
    readonly answer: ServerAnswer
  }> {
    const attempt = async (sent: string, nonce?: string) => {
      const request = { ...api.targetOf(route), token, nonce }
      const proof = this.#signer.sign(request, Date.now() / 1000)
      return { sent, proof, answer: await decideRoute(api, route, token, proof) }
    }
    const first = await attempt('DPoP, with a new proof')
    const { code, nonce } = first.answer
    if (code !== 'dpop_nonce_missing') return { ...first, attempts: [first] }
    const second = await attempt('DPoP, with another proof that has the nonce of the API', nonce)
    return { ...second, attempts: [first, second] }
  }
}
