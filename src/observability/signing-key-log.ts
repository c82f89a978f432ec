import type { Logger } from 'pino'
import type { KeyEvent, RemoteJwks } from '../tokens/keys/remote-jwks.ts'

/** A key set can contain any number of unusable keys. */
const MAX_UNUSABLE_LOGGED = 20

/**
 * Logs the events of the key set (JWKS).
 *
 * @param maxAge milliseconds after which keys are stale
 */
export function logKeyEvent(
  logger: Logger,
  event: KeyEvent,
  keys: RemoteJwks,
  maxAge: number,
): void {
  if (event.event === 'keys_fetched') {
    const { unusable, rotated, ...fetched } = event
    logger.info(fetched, 'Fetched the JWKS')
    if (rotated) logger.info({ event: 'keys_rotated', keys: event.keys }, 'Signing keys changed')
    if (unusable.length === 0) return
    const first = unusable.slice(0, MAX_UNUSABLE_LOGGED)
    const ignored = { event: 'keys_unusable', count: unusable.length, unusable: first }
    logger.warn(ignored, 'Ignored unusable keys in the JWKS')
    return
  }
  const { error, ...failed } = event
  logger.warn({ ...failed, err: error }, 'Failed to fetch the JWKS')
  const { ready, age } = keys
  if (!ready) {
    const message = 'No signing keys available: requests with tokens get 503'
    logger.error({ event: 'keys_missing' }, message)
  } else if (age > maxAge) logger.warn({ event: 'keys_stale', age }, 'Using a stale JWKS')
}
