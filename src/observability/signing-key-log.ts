import type { Logger } from 'pino'
import type { UnusableKey } from '../tokens/keys/jwks.ts'
import type { KeyEvent, RemoteJwks } from '../tokens/keys/remote-jwks.ts'
import { roundMilliseconds } from '../utils/round-milliseconds.ts'

/** A key set can have any number of keys, and a key id any length, in characters. */
const MAX_KEYS_LOGGED = 20
const MAX_KEY_ID_LENGTH = 100

/**
 * Logs the events of the key set (JWKS) of an issuer.
 *
 * @param maxAge milliseconds after which keys are stale
 */
export function logKeyEvent(
  logger: Logger,
  event: KeyEvent,
  issuer: string,
  { ready, age }: Pick<RemoteJwks, 'ready' | 'age'>,
  maxAge: number,
): void {
  const duration = roundMilliseconds(event.duration)
  if (event.event === 'keys_fetched') {
    const keys = event.keys.slice(0, MAX_KEYS_LOGGED).map(boundedId)
    logger.info({ event: 'keys_fetched', issuer, duration, keys }, 'Fetched the JWKS')
    if (event.rotated) logger.info({ event: 'keys_rotated', issuer, keys }, 'Signing keys changed')
    logUnusable(logger, issuer, event.unusable)
    return
  }
  const failed = { event: 'keys_fetch_failed', issuer, duration, err: event.error }
  logger.warn(failed, 'Failed to fetch the JWKS')
  logUnusable(logger, issuer, event.unusable)
  if (!ready) {
    const message = 'No signing keys available: requests with tokens of this issuer get 503'
    logger.error({ event: 'keys_missing', issuer }, message)
  } else if (age > maxAge) {
    logger.warn({ event: 'keys_stale', issuer, age: roundMilliseconds(age) }, 'Using a stale JWKS')
  }
}

function logUnusable(logger: Logger, issuer: string, unusable: readonly UnusableKey[]): void {
  if (unusable.length === 0) return
  const first = unusable
    .slice(0, MAX_KEYS_LOGGED)
    .map(({ kid, reason }) => ({ kid: boundedId(kid), reason }))
  const ignored = { event: 'keys_unusable', issuer, count: unusable.length, unusable: first }
  logger.warn(ignored, 'Ignored unusable keys in the JWKS')
}

function boundedId(kid: string | undefined): string | undefined {
  return kid?.slice(0, MAX_KEY_ID_LENGTH)
}
