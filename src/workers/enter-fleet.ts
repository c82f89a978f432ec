import cluster from 'node:cluster'
import { type Environment, setting } from '../config/environment.ts'
import { loadConfig } from '../config/load-config.ts'
import { WORKER_VARIABLE } from './messages.ts'
import { Worker } from './worker.ts'

/**
 * Starts the workers if this process is to be their primary.
 *
 * @returns what a worker of a primary needs; `primary` for the primary itself; undefined if this process
 *   serves alone: there is one worker only, or another program (pm2) has made a cluster already
 * @throws ConfigError
 */
export async function enterFleet(
  sources: readonly Environment[],
): Promise<Worker | 'primary' | undefined> {
  const number = setting(sources, WORKER_VARIABLE, '')
  if (cluster.isWorker) return number === '' ? undefined : new Worker(Number(number))
  const { config } = loadConfig(...sources)
  if (config.workers === 1) return undefined
  const { Primary } = await import('./primary.ts')
  await new Primary(config).start()
  return 'primary'
}
