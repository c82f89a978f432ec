import { once } from 'node:events'
import type { Logger } from 'pino'
import { settlesWithin } from '../utils/settles-within.ts'

/** What the server waits for before it listens. */
export interface FirstKeys {
  /** Resolves when any issuer has keys for the first time. */
  readonly available: Promise<void>
}

/**
 * Waits for the first keys before the server listens. If a process listened without keys, a proxy that
 * does not know its readiness yet would send it requests that other processes could verify.
 *
 * @param timeout in milliseconds; 0 to not wait. When it is over, the server listens all the same, so that
 *   public routes work while the tenant is down
 */
export async function waitForKeys(keys: FirstKeys, timeout: number, log: Logger): Promise<void> {
  if (timeout === 0) return
  if (!(await settlesWithin(keys.available, timeout))) {
    const waited = { event: 'keys_start_timeout', timeout }
    log.warn(waited, 'Listening without keys: no issuer had any in time')
  }
}

/**
 * A step of the start that a signal can interrupt.
 *
 * @throws the reason of the signal as soon as it is aborted, without waiting for the step
 */
export async function interruptible<T>(signal: AbortSignal, step: () => Promise<T>): Promise<T> {
  signal.throwIfAborted()
  const aborted = once(signal, 'abort').then(() => Promise.reject(signal.reason))
  return Promise.race([step(), aborted])
}
