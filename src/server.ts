import closeWithGrace from 'close-with-grace'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { DestinationStream, Logger } from 'pino'
import { buildApp } from './app.ts'
import { type Config, type Environment, loadConfig, readEnvironment } from './config.ts'
import { isEntry, run } from './entry.ts'
import { addressesOf, listen } from './listen.ts'
import { createLogger } from './logger.ts'
import { Metrics } from './metrics.ts'
import { shutdown } from './shutdown.ts'
import { AccessTokenVerifier } from './tokens/access-token.ts'
import { type KeyEvent, RemoteKeys } from './tokens/signing-keys.ts'

export interface RunningServer {
  readonly app: FastifyInstance
  readonly config: Config
  readonly port: number
  /** Where metrics are to be had, if they are. */
  readonly metricsPort: number | undefined
}

/**
 * Starts the API server.
 *
 * @param sources what is set in the environment; a later source goes before an earlier one
 * @param logTo standard output where none is given
 * @throws ConfigError before anything is built; the system's error where a port cannot be had
 */
export async function startServer(
  sources: readonly Environment[],
  logTo?: DestinationStream,
): Promise<RunningServer> {
  const { config, warning } = await loadConfig(...sources)
  const logger = createLogger(config.logLevel, logTo)
  if (warning !== undefined) logger.warn({ event: 'config_tidied' }, warning)

  const keys = new RemoteKeys({
    url: config.jwksUrl,
    algorithms: algorithmsOf(config),
    maxAge: config.keysMaxAge,
    staleIfError: config.keysStaleIfError,
    now: () => performance.now(),
    onEvent(event) {
      logKeyEvent(logger, event, keys, config.keysMaxAge)
      metrics.keyEvent(event)
      if (event.event === 'keys_fetched' && event.rotated) verifier.verified.forgetWithdrawn()
    },
  })
  const verifier = new AccessTokenVerifier(config.tokens, keys, Date.now)
  const metrics = new Metrics(keys, verifier.verified)
  const app = await buildApp({
    config,
    logger,
    verifier,
    keysReady: () => keys.ready,
    onAnswer: (answer) => metrics.answered(answer),
    rooms: await roomsOf(config, keys),
  })
  app.addHook('onClose', async () => keys.stop())
  keys.start()
  try {
    const addresses = await addressesOf(config.host)
    const metricsPort = await metrics.serve(app, addresses, config.metricsPort)
    if (metricsPort !== undefined) {
      logger.info({ event: 'metrics_listening', port: metricsPort }, 'Metrics are at /metrics')
    }
    return { app, config, port: await listen(app, addresses, config.port), metricsPort }
  } catch (error) {
    await app.close()
    throw error
  }
}

/** The optional parts that are asked for; the others are not even loaded. */
async function roomsOf(config: Config, keys: RemoteKeys): Promise<FastifyPluginAsync[]> {
  const rooms: FastifyPluginAsync[] = []
  if (config.apiReference) {
    const { reference } = await import('./reference/reference.ts')
    const { issuer, audience } = config.tokens
    const clientId = config.apiReferenceClientId
    rooms.push((app) => reference(app, { issuer, audience, clientId }))
  }
  if (config.browserLogin !== undefined) {
    const { browser } = await import('./browser/browser.ts')
    const { algorithms: _, ...tenant } = config.tokens
    const options = { ...tenant, config: config.browserLogin, keys, now: Date.now }
    rooms.push((app) => browser(app, options))
  }
  return rooms
}

/** ID tokens may be signed otherwise than access tokens, whose own rule still names theirs. */
function algorithmsOf({ tokens, browserLogin }: Config): readonly string[] {
  const ofIdTokens = browserLogin?.idTokenAlgorithm === 'RS256' ? ['RS256'] : []
  return [...new Set([...tokens.algorithms, ...ofIdTokens])]
}

/** A key set may hold any number of keys that are of no use: so many of them are logged. */
const UNUSABLE_LOGGED = 20

function logKeyEvent(logger: Logger, event: KeyEvent, keys: RemoteKeys, maxAge: number): void {
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

export async function main(): Promise<void> {
  const { app, config } = await startServer(readEnvironment())
  const { drainTime, shutdownTimeout: timeout } = config
  // A second signal ends the process at once.
  closeWithGrace({ delay: false, logger: app.log }, async ({ signal, err }) => {
    if (err === undefined) app.log.info({ event: 'signal_received', signal }, 'Told to stop')
    else app.log.fatal({ event: 'uncaught_error', err }, 'An error was not caught')
    await shutdown(app, { drainTime, timeout })
  })
}

if (isEntry(import.meta.url)) await run(main)
