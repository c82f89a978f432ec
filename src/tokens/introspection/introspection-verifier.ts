import { randomBytes } from 'node:crypto'
import { TokenVerifier, type Verification } from '../access-token.ts'
import type { Expectations } from '../access-token-rules.ts'
import { IntrospectionUnavailableError } from '../errors.ts'
import { MAX_TOKEN_BYTES } from '../jws.ts'
import { type PrincipalOptions, principalOf } from '../principal.ts'
import { CallSlots } from './call-slots.ts'
import { CircuitBreaker, CircuitOpenError } from './circuit-breaker.ts'
import {
  type IntrospectionEndpoint,
  type IntrospectionError,
  introspect,
  TIMEOUT_MS,
} from './introspect.ts'
import { IntrospectedTokenCache } from './introspected-token-cache.ts'
import type { IntrospectionEvent } from './introspection-event.ts'
import { type Introspection, validateIntrospection } from './introspection-response.ts'
import { REJECTED_MS, type RejectedToken, RejectedTokens } from './rejected-tokens.ts'

export interface IntrospectionVerifierOptions {
  /** What the tokens of the issuer must contain. */
  readonly expected: Expectations
  readonly endpoint: IntrospectionEndpoint
  /** How long a token is accepted without another call, in milliseconds, also if it was revoked since. */
  readonly maxAge: number
  readonly principal: PrincipalOptions
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds of a monotonic clock. */
  readonly monotonicNow: () => number
  readonly onEvent: (event: IntrospectionEvent) => void
}

const MAX_CALLS = 100
const MIN_WAIT_MS = 1_000

/**
 * Verifies the access tokens of one issuer by introspection (RFC 7662): all of them, whatever they look like. The
 * answers are cached, for a while. Nothing is shared with another issuer.
 *
 * @example
 * const { value: principal, code } = await verifier.verify(token)
 */
export class IntrospectionVerifier extends TokenVerifier {
  readonly #options: IntrospectionVerifierOptions
  readonly #breaker: CircuitBreaker
  readonly #rejected: RejectedTokens
  readonly verified: IntrospectedTokenCache
  /** A shared answer can be as old as a call takes. Where that is older than allowed, nothing is shared. */
  protected override readonly sharesVerifications: boolean
  readonly #slots = new CallSlots(MAX_CALLS)

  constructor(options: IntrospectionVerifierOptions) {
    super()
    const { now, monotonicNow, expected, onEvent, maxAge, endpoint } = options
    this.#options = options
    this.sharesVerifications = maxAge >= (endpoint.timeout ?? TIMEOUT_MS)
    this.#rejected = new RejectedTokens(monotonicNow)
    this.verified = new IntrospectedTokenCache({ now, monotonicNow, expected })
    this.#breaker = new CircuitBreaker({
      now: monotonicNow,
      isFailure: (error) => !isAboutToken(error),
      probe: () => this.#probe(),
      onChange: (openFor) => onEvent({ event: 'introspection_circuit', openFor }),
    })
  }

  /** The name of the issuer. */
  get issuer(): string {
    return this.#options.expected.issuer
  }

  /** Calls that have not ended. */
  get calls(): number {
    return this.#slots.taken
  }

  /** Whether no calls are made for a while, because they failed. */
  get isCircuitOpen(): boolean {
    return this.#breaker.isOpen
  }

  /** @throws IntrospectionUnavailableError */
  protected async decide(
    token: string,
    digest: string,
    client: () => string,
  ): Promise<Verification> {
    if (token.length > MAX_TOKEN_BYTES) return { code: 'token_too_large' }
    const { now, monotonicNow, expected, maxAge } = this.#options
    const askedAt = monotonicNow()
    const rejected = this.#rejected.get(digest)
    if (rejected !== undefined) return this.#reject(rejected, askedAt)

    const introspection = await this.#introspect(token, digest, client)
    const { value: claims, code } = introspection.active
      ? validateIntrospection(introspection.claims, expected, now() / 1000)
      : ({ code: 'token_inactive' } as const)
    if (code !== undefined) {
      this.#rejected.add(digest, code)
      return { code }
    }
    const principal = principalOf(claims, this.#options.principal)
    // The token may have been revoked as soon as the issuer was asked.
    this.verified.add(digest, { principal, until: askedAt + maxAge })
    return { value: principal }
  }

  /** @throws IntrospectionUnavailableError */
  #reject({ code, until }: RejectedToken, now: number): Verification {
    if (code !== undefined) return { code }
    this.#options.onEvent({ event: 'introspection_skipped', reason: 'token' })
    throw unavailable(until - now, { isCausedByToken: true })
  }

  /** @throws IntrospectionUnavailableError */
  async #introspect(token: string, digest: string, client: () => string): Promise<Introspection> {
    const free = this.#slots.take(client())
    if (free === undefined) {
      this.#options.onEvent({ event: 'introspection_skipped', reason: 'busy' })
      throw unavailable(MIN_WAIT_MS)
    }
    return this.#breaker
      .run(() => this.#call(token))
      .catch((cause: unknown) => Promise.reject(this.#unavailable(cause, digest)))
      .finally(free)
  }

  #unavailable(cause: unknown, digest: string): IntrospectionUnavailableError {
    if (cause instanceof CircuitOpenError) {
      this.#options.onEvent({ event: 'introspection_skipped', reason: 'circuit_open' })
      return unavailable(cause.wait, { cause })
    }
    const isCausedByToken = isAboutToken(cause) || this.#breaker.isKnownToWork
    if (isCausedByToken) this.#rejected.add(digest, undefined)
    return unavailable(isCausedByToken ? REJECTED_MS : MIN_WAIT_MS, { cause, isCausedByToken })
  }

  /** Asks about a made-up token. An endpoint that does not like its form works. */
  #probe(): Promise<boolean> {
    return this.#call(randomBytes(32).toString('base64url')).then(() => true, isAboutToken)
  }

  async #call(token: string): Promise<Introspection> {
    const { endpoint, monotonicNow, onEvent } = this.#options
    const began = monotonicNow()
    try {
      const introspection = await introspect(endpoint, token)
      const outcome = introspection.active ? 'active' : 'inactive'
      onEvent({ event: 'introspected', outcome, duration: monotonicNow() - began })
      return introspection
    } catch (error) {
      const { failure: outcome } = error as IntrospectionError
      const failed = { event: 'introspection_failed', outcome } as const
      onEvent({
        ...failed,
        duration: monotonicNow() - began,
        error: error as IntrospectionError,
      })
      throw error
    }
  }
}

/** @param wait milliseconds until a retry makes sense */
function unavailable(
  wait: number,
  options?: ConstructorParameters<typeof IntrospectionUnavailableError>[1],
): IntrospectionUnavailableError {
  return new IntrospectionUnavailableError(Math.ceil(wait / 1000), options)
}

function isAboutToken(error: unknown): boolean {
  return (error as IntrospectionError).failure === 'token'
}
