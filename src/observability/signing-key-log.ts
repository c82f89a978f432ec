import type { Logger } from 'pino'
import type { KeyEvent, RemoteJwks } from '../tokens/keys/remote-jwks.ts'

/** A key set may hold any number of keys that are of no use: so many of them are logged. */
const UNUSABLE_LOGGED = 20

/**
 * Tells the log what happened to the key set.
 *
 * @param maxAge milliseconds after which keys are old
 */
export function logKeyEvent(
  logger: Logger,
  event: KeyEvent,
  keys: RemoteJwks,
  maxAge: number,
): void {
  if (event.event === 'keys_fetched') {
    const { unusable, rotated, ...fetched } = event
    logger.info(fetched, 'The key set was fetched')
    if (rotated) logger.info({ event: 'keys_rotated', keys: event.keys }, 'A key came or went')
    if (unusable.length === 0) return
    const first = unusable.slice(0, UNUSABLE_LOGGED)
    const left = { event: 'keys_unusable', count: unusable.length, unusable: first }
    logger.warn(left, 'Keys were left out')
  } else {
    const { error, ...failed } = event
    logger.warn({ ...failed, err: error }, 'The key set could not be fetched')
    const { ready, age } = keys
    if (!ready) logger.error({ event: 'keys_missing' }, 'No token can be judged')
    else if (age > maxAge) logger.warn({ event: 'keys_stale', age }, 'Old keys serve')
  }
}
