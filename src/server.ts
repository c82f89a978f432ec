import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { DestinationStream, Logger } from 'pino'
import { buildApp } from './app.ts'
import { type Config, type Environment, loadConfig } from './config/config.ts'
import { addressesOf, listen } from './lifecycle/listen.ts'
import { createLogger, type Hint } from './observability/logger.ts'
import { Metrics } from './observability/metrics.ts'
import { logKeyEvent } from './observability/signing-key-log.ts'
import { AccessTokenVerifier } from './tokens/access-token.ts'
import { RemoteJwks } from './tokens/keys/remote-jwks.ts'

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
  const { app, keys, metrics } = await assemble(config, logger, (keys) => roomsOf(config, keys))
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

/** Builds the server with all that it stands on. It listens nowhere yet, and fetches nothing. */
export async function assemble(
  config: Config,
  logger: Logger,
  rooms: (keys: RemoteJwks) => Promise<FastifyPluginAsync[]> = async () => [],
) {
  const keys = new RemoteJwks({
    url: config.jwksUrl,
    algorithms: algorithmsOf(config),
    maxAge: config.keysMaxAge,
    staleIfError: config.keysStaleIfError,
    now: () => performance.now(),
    onEvent(event) {
      logKeyEvent(logger, event, keys, config.keysMaxAge)
      metrics.keyEvent(event)
      if (event.event === 'keys_fetched' && event.rotated) verifier.verified.removeWithdrawn()
    },
  })
  const verifier = new AccessTokenVerifier(config.tokens, keys, Date.now)
  const metrics = new Metrics(keys, verifier.verified)
  const app = await buildApp({
    config,
    logger,
    verifier,
    keysReady: () => keys.ready,
    ...(config.metricsPort !== undefined && { onAnswer: (answer) => metrics.answered(answer) }),
    ...(config.logHints && { hint: await hintFor(config) }),
    rooms: await rooms(keys),
  })
  app.addHook('onClose', async () => keys.stop())
  return { app, keys, metrics }
}

async function hintFor({ tokens: expected, jwksUrl, organizations }: Config): Promise<Hint> {
  const { logHint } = await import('./explain/log-hint.ts')
  return logHint({ expected, jwksUrl, organizations }, Date.now)
}

/** The optional parts that are asked for; the others are not even loaded. */
async function roomsOf(config: Config, keys: RemoteJwks): Promise<FastifyPluginAsync[]> {
  const rooms: FastifyPluginAsync[] = []
  if (config.apiReference) {
    const { reference } = await import('./api-reference/api-reference.ts')
    const { issuer, audience } = config.tokens
    const clientId = config.apiReferenceClientId
    rooms.push((app) => reference(app, { issuer, audience, clientId }))
  }
  if (config.browserLogin !== undefined) {
    const { browserLogin } = await import('./browser-login/browser-login.ts')
    const { algorithms: _, ...tenant } = config.tokens
    const options = { ...tenant, config: config.browserLogin, keys, now: Date.now }
    rooms.push((app) => browserLogin(app, options))
  }
  return rooms
}

/** ID tokens may be signed otherwise than access tokens, whose own rule still names theirs. */
function algorithmsOf({ tokens, browserLogin }: Config): readonly string[] {
  const ofIdTokens = browserLogin?.idTokenAlgorithm === 'RS256' ? ['RS256'] : []
  return [...new Set([...tokens.algorithms, ...ofIdTokens])]
}
