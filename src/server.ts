import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import type { DestinationStream } from 'pino'
import { buildApp } from './app.ts'
import { ConfigError, type Environment, loadConfig, readEnvironment } from './config.ts'
import { fail, isEntry } from './entry.ts'
import { addressesOf, listen } from './listen.ts'
import { createLogger } from './logger.ts'
import { remoteKeys } from './tokens/signing-keys.ts'

/** How long requests in flight may take once the process is told to stop, in milliseconds. */
const CLOSE_DELAY = 10_000

export interface RunningServer {
  readonly app: FastifyInstance
  readonly port: number
}

/**
 * Starts the API server.
 *
 * @param sources what is set in the environment; a later source goes before an earlier one
 * @param logTo standard output where none is given
 * @throws ConfigError before anything is built; the system's error where the port cannot be had
 */
export async function startServer(
  sources: readonly Environment[],
  logTo?: DestinationStream,
): Promise<RunningServer> {
  const { config, warning } = await loadConfig(...sources)
  const logger = createLogger(config.logLevel, logTo)
  if (warning !== undefined) logger.warn({ event: 'config_tidied' }, warning)
  const { jwksUrl: url, tokens } = config
  const signingKeys = remoteKeys({ url, algorithms: tokens.algorithms, now: Date.now })
  const app = await buildApp({ config, logger, signingKeys })
  try {
    return { app, port: await listen(app, await addressesOf(config.host), config.port) }
  } catch (error) {
    await app.close()
    throw error
  }
}

/** What a person is told about a server that did not start. */
export function startProblem(error: unknown): string {
  const { message } = error as Error
  return error instanceof ConfigError ? message : `The server cannot start: ${message}`
}

export async function main(): Promise<void> {
  try {
    const { app } = await startServer(readEnvironment())
    closeWithGrace({ delay: CLOSE_DELAY, logger: app.log }, () => app.close())
  } catch (error) {
    fail(startProblem(error))
  }
}

if (isEntry(import.meta.url)) await main()
