import { hash, randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { fieldValues } from '../../../http/header-fields.ts'
import {
  BINDING_ERRORS,
  NONCE_ERRORS,
  PROOF_ERRORS,
  type ProofErrorCode,
} from '../../../tokens/dpop/errors.ts'
import { MemoryReplayStore } from '../../../tokens/dpop/memory-replay-store.ts'
import { NONCE_LIFETIME, Nonces } from '../../../tokens/dpop/nonces.ts'
import { ProofVerifier } from '../../../tokens/dpop/proof-verifier.ts'
import type { Client } from '../../directory/records.ts'
import { OAuthError } from '../oauth-error.ts'

/** The algorithms that proofs may be signed with. */
export const PROOF_ALGORITHMS = ['ES256']

/** When a proof without a nonce is accepted, in seconds. */
const TIMES = { maxAge: 60, clockTolerance: 5 }

const DESCRIPTIONS = { ...PROOF_ERRORS, ...BINDING_ERRORS, ...NONCE_ERRORS }

/** Verifies the proofs that clients send to the tenant (RFC 9449 §5), as the API verifies those of its own. */
export class Proofs {
  readonly #baseUrl: () => string
  readonly #verifier: ProofVerifier
  readonly #nonceVerifier: ProofVerifier

  /** @param baseUrl the URL of the tenant */
  constructor(baseUrl: () => string) {
    this.#baseUrl = baseUrl
    const now = () => Date.now()
    // A proof with a nonce is accepted longest.
    const replays = new MemoryReplayStore({ lifetime: NONCE_LIFETIME, now })
    const options = { algorithms: PROOF_ALGORITHMS, times: TIMES, now, replays }
    const nonces = new Nonces([randomBytes(32).toString('base64url')], now)
    this.#verifier = new ProofVerifier(options)
    this.#nonceVerifier = new ProofVerifier({ ...options, nonces })
  }

  /**
   * Verifies the proof of a token request. As at Auth0, that of a public client needs a nonce.
   *
   * @returns the thumbprint of the client's key; undefined if there is no proof
   * @throws OAuthError `use_dpop_nonce`, `invalid_dpop_proof`
   */
  async keyOf(
    { raw, originalUrl }: FastifyRequest,
    reply: FastifyReply,
    { secret }: Client,
  ): Promise<string | undefined> {
    const fields = fieldValues(raw, 'dpop')
    if (fields.length === 0) return undefined
    const verifier = secret === undefined ? this.#nonceVerifier : this.#verifier
    const result = await verifier.verify(fields, {
      method: 'POST',
      uri: new URL(originalUrl, this.#baseUrl()).href,
      tokenHash: undefined,
      thumbprint: undefined,
    })
    const nonce = verifier.newNonce(result)
    if (nonce !== undefined) reply.header('dpop-nonce', nonce)
    if (result.value !== undefined) return result.value.thumbprint
    throw proofError(result.code)
  }

  /**
   * Verifies the proof of a request with a bound access token to `/userinfo` (RFC 9449 §7.1).
   *
   * @param thumbprint of the key that the token is bound to
   * @returns the error code of the response; undefined if the proof is good
   */
  async checkUse(
    { raw, method, originalUrl }: FastifyRequest,
    token: string,
    thumbprint: string,
  ): Promise<'invalid_token' | 'invalid_dpop_proof' | undefined> {
    const { code } = await this.#verifier.verify(fieldValues(raw, 'dpop'), {
      method,
      uri: new URL(originalUrl, this.#baseUrl()).href,
      tokenHash: hash('sha256', token, 'base64url'),
      thumbprint,
    })
    if (code === undefined) return undefined
    return code === 'dpop_key_mismatch' ? 'invalid_token' : 'invalid_dpop_proof'
  }
}

function proofError(code: ProofErrorCode): OAuthError {
  return Object.hasOwn(NONCE_ERRORS, code)
    ? new OAuthError('use_dpop_nonce', 'Authorization server requires nonce in DPoP proof')
    : new OAuthError('invalid_dpop_proof', DESCRIPTIONS[code])
}
