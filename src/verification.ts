import type { Logger } from 'pino'
import { type Config, issuersWithKeys, jwksAlgorithms } from './config/config.ts'
import { introspectionLog } from './observability/introspection/introspection-log.ts'
import { Metrics } from './observability/metrics.ts'
import { logKeyEvent } from './observability/signing-key-log.ts'
import { AccessTokenVerifier, type TokenVerifier } from './tokens/access-token.ts'
import type { IntrospectionEvent } from './tokens/introspection/introspection-event.ts'
import { IntrospectionVerifier } from './tokens/introspection/introspection-verifier.ts'
import { KeySets } from './tokens/issuers/key-sets.ts'
import { TrustedIssuers } from './tokens/issuers/trusted-issuers.ts'
import { claimsReader, type PrincipalOptions } from './tokens/principal.ts'

/** What verifies the access tokens, with its log and metrics. Nothing is fetched yet. */
export interface Verification {
  readonly verifier: TokenVerifier
  /** Empty if nothing needs keys. */
  readonly keySets: KeySets
  readonly metrics: Metrics
}

/**
 * Chooses how access tokens are verified: with the keys of their issuers, or by introspection. The configuration
 * decides, and not the token. If one way fails, the other one is not tried.
 *
 * @param claims further claims of the principal
 */
export function createVerification(
  config: Config,
  claims: Parameters<typeof claimsReader>[0],
  logger: Logger,
): Verification {
  const keySets = new KeySets(issuersWithKeys(config), {
    algorithms: jwksAlgorithms(config),
    maxAge: config.keysMaxAge,
    staleIfError: config.keysStaleIfError,
    timeout: config.keysTimeout,
    now: () => performance.now(),
    onEvent(event, issuer, keys) {
      logKeyEvent(logger, event, issuer, keys, config.keysMaxAge)
      metrics.keyEvent(event, issuer)
      const isRotation = event.event === 'keys_fetched' && event.rotated
      if (isRotation && verifier instanceof AccessTokenVerifier) {
        verifier.verified.removeWithdrawn(issuer)
      }
    },
  })
  const principal = { names: config.tokens.claims, readClaims: claimsReader(claims) }
  const introspection = createIntrospection(config, principal, logger, (event, issuer) =>
    metrics.introspection.introspectionEvent(event, issuer),
  )
  const verifier = introspection ?? createVerifierWithKeys(config, principal, keySets)
  const metrics = new Metrics(keySets, verifier.verified)
  if (introspection !== undefined) metrics.introspection.watch(introspection)
  return { verifier, keySets, metrics }
}

function createVerifierWithKeys(
  { tokens }: Config,
  principal: PrincipalOptions,
  { byIssuer }: KeySets,
): TokenVerifier {
  const issuers = [...byIssuer].map(([issuer, keys]) => ({ expected: { ...tokens, issuer }, keys }))
  return new AccessTokenVerifier(new TrustedIssuers(issuers), Date.now, principal)
}

/** @returns undefined if tokens are verified with keys */
function createIntrospection(
  { introspection, tokens: expected }: Config,
  principal: PrincipalOptions,
  logger: Logger,
  count: (event: IntrospectionEvent, issuer: string) => void,
): IntrospectionVerifier | undefined {
  if (introspection === undefined) return undefined
  const { issuer } = expected
  const log = introspectionLog(logger, issuer)
  return new IntrospectionVerifier({
    ...introspection,
    expected,
    principal,
    now: Date.now,
    monotonicNow: () => performance.now(),
    onEvent(event) {
      log(event)
      count(event, issuer)
    },
  })
}
