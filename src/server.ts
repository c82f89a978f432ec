import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { DestinationStream, Logger } from 'pino'
import { buildApp } from './app.ts'
import type { Config } from './config/config.ts'
import type { Environment } from './config/environment.ts'
import { loadConfig } from './config/load-config.ts'
import { addressesOf, listen } from './lifecycle/listen.ts'
import { createLogger } from './observability/logger.ts'
import { Metrics } from './observability/metrics.ts'
import type { Hint } from './observability/request-log.ts'
import { logKeyEvent } from './observability/signing-key-log.ts'
import { AccessTokenVerifier } from './tokens/access-token.ts'
import { RemoteJwks } from './tokens/keys/remote-jwks.ts'

export interface RunningServer {
  readonly app: FastifyInstance
  readonly config: Config
  readonly port: number
  /** Undefined if metrics are off. */
  readonly metricsPort: number | undefined
}

/**
 * Starts the API server.
 *
 * @param sources environment variables; later sources take precedence
 * @param logTo standard output by default
 * @throws ConfigError before anything is built; the error of the system if it cannot listen
 */
export async function startServer(
  sources: readonly Environment[],
  logTo?: DestinationStream,
): Promise<RunningServer> {
  const { config, warning } = loadConfig(...sources)
  const logger = createLogger(config.logLevel, logTo)
  if (warning !== undefined) logger.warn({ event: 'config_normalized' }, warning)
  const { app, keys, metrics } = await assemble(config, logger, (keys) =>
    loadFeatures(config, keys),
  )
  keys.start()
  try {
    const addresses = await addressesOf(config.host)
    const metricsPort = await metrics.serve(app, addresses, config.metricsPort)
    if (metricsPort !== undefined) {
      logger.info(
        { event: 'metrics_listening', port: metricsPort },
        'Metrics available at /metrics',
      )
    }
    return { app, config, port: await listen(app, addresses, config.port), metricsPort }
  } catch (error) {
    await app.close()
    throw error
  }
}

/** Builds the server and its dependencies. It does not listen or fetch anything yet. */
export async function assemble(
  config: Config,
  logger: Logger,
  features: (keys: RemoteJwks) => Promise<FastifyPluginAsync[]> = async () => [],
) {
  const keys = new RemoteJwks({
    url: config.jwksUrl,
    algorithms: jwksAlgorithms(config),
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
    ...(config.metricsPort !== undefined && {
      onRequestCompleted: (completed) => metrics.requestCompleted(completed),
    }),
    ...(config.logHints && { hint: await loadHint(config) }),
    features: await features(keys),
  })
  app.addHook('onClose', async () => keys.stop())
  return { app, keys, metrics }
}

async function loadHint({ tokens: expected, jwksUrl, organizations }: Config): Promise<Hint> {
  const { logHint } = await import('./explain/log-hint.ts')
  return logHint({ expected, jwksUrl, organizations }, Date.now)
}

/** Loads the optional features that are enabled. */
async function loadFeatures(config: Config, keys: RemoteJwks): Promise<FastifyPluginAsync[]> {
  const features: FastifyPluginAsync[] = []
  if (config.apiReference) {
    const { apiReference } = await import('./api-reference/api-reference.ts')
    const { issuer, audience } = config.tokens
    const options = { issuer, audience, clientId: config.apiReferenceClientId }
    features.push(async (app) => {
      await app.register(apiReference, options)
    })
  }
  if (config.browserLogin !== undefined) {
    const { browserLogin } = await import('./browser-login/browser-login.ts')
    const { algorithms: _, ...tenant } = config.tokens
    const options = { ...tenant, config: config.browserLogin, keys, now: Date.now }
    features.push((app) => browserLogin(app, options))
  }
  return features
}

/** The algorithms of access tokens and ID tokens: one JWKS has the keys of both. */
function jwksAlgorithms({ tokens, browserLogin }: Config): readonly string[] {
  const ofIdTokens = browserLogin?.idTokenAlgorithm === 'RS256' ? ['RS256'] : []
  return [...new Set([...tokens.algorithms, ...ofIdTokens])]
}
