import { setTimeout } from 'node:timers/promises'

const INTERVAL_MS = 10
const MAX_WAIT_MS = 60_000

/**
 * Waits for a condition, a minute at most.
 *
 * @throws Error that names the condition
 */
export async function until(condition: () => unknown): Promise<void> {
  const deadline = performance.now() + MAX_WAIT_MS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Not met within a minute: ${condition}`)
    await setTimeout(INTERVAL_MS)
  }
}
