import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { DestinationStream, Logger } from 'pino'
import { buildApp } from './app.ts'
import type { Config } from './config/config.ts'
import type { Environment } from './config/environment.ts'
import { loadConfig } from './config/load-config.ts'
import {
  loadDescription,
  loadFeatures,
  loadHint,
  // #region telemetry
  loadTelemetry,
  // #endregion telemetry
} from './features.ts'
import { addressesOf, listen } from './lifecycle/listen.ts'
import { type Resource, Resources } from './lifecycle/resources.ts'
import { closeApp } from './lifecycle/shutdown.ts'
import { interruptible, waitForKeys } from './lifecycle/start.ts'
import { createLogger, createRequestLogger } from './observability/logger.ts'
import type { ShareMetrics } from './observability/metrics.ts'
import { openAuditOutput } from './observability/output/audit-output.ts'
import { LogOutput, SHARED_BATCH_LENGTH } from './observability/output/log-destination.ts'
import type { OnRequestCompleted } from './observability/request-log.ts'
import type { Tracing } from './observability/trace-context.ts'
import type { ApiDescription } from './openapi/describe-routes.ts'
import type { JsonObject } from './tokens/jws.ts'
import {
  type KeySetControl,
  type KeySetState,
  NO_KEY_SET,
  type RemoteJwks,
} from './tokens/keys/remote-jwks.ts'
import type { PrincipalClaims } from './tokens/principal.ts'
import { createVerification } from './verification.ts'

/** What a product adds to the core. */
export interface ServerDefinition {
  /** The routes, as plugins. Each route declares its access policy. */
  readonly routes: readonly FastifyPluginAsync[]
  /** What the routes depend on. Started in order before the server listens. */
  readonly resources?: readonly Resource[]
  /** Claims that `principal.claims` has: their names, or a function that reads them. */
  readonly claims?: readonly string[] | ((claims: JsonObject) => PrincipalClaims)
  /** Whether errors are problem details (RFC 9457) instead of `{"message": …}`. */
  readonly problemDetails?: boolean
  // #region browser-login
  /** GET routes that the profile page of the browser login calls. */
  readonly profileRoutes?: readonly string[]
  // #endregion browser-login
  /** What the API reference and `npm run openapi` say about the API as a whole. */
  readonly openapi?: ApiDescription
}

/** A server that listens. `app.close()` stops it. */
export interface RunningServer {
  readonly app: FastifyInstance
  /** The validated configuration. It has secrets: do not log it. */
  readonly config: Config
  /** The one that it listens on, also where `PORT` is 0. */
  readonly port: number
  /** Undefined if metrics are off. */
  readonly metricsPort: number | undefined
  /** How current the keys of the main issuer are. It has none if tokens are introspected. */
  readonly keySet: () => KeySetState
  /** The keys of the main issuer, for tools of development. */
  readonly keys: KeySetControl
  /** The name of what it is not ready for, if anything: keys or a resource. */
  readonly notReady: () => string | undefined
}

/** What a caller of `startServer` may want to see. */
export interface StartOptions {
  /** Standard output by default. */
  readonly logTo?: DestinationStream
  readonly onRequestCompleted?: OnRequestCompleted
  /** Ends a start that is not finished: what has started is stopped, and its reason is thrown. */
  readonly signal?: AbortSignal
  /** Members of each log line, which identify the process if several write to one output. */
  readonly logBase?: Readonly<Record<string, unknown>>
  /** What else the server is not ready for, if anything. */
  readonly notReady?: () => string | undefined
  /** Gets what reads the metrics, in place of a port for them. */
  readonly shareMetrics?: ShareMetrics
}

/**
 * Types the definition of a server. The commands find it as the default export of a module.
 *
 * @example
 * export default defineServer({ routes: [notes(store)], resources: [store] })
 */
export function defineServer(definition: ServerDefinition): ServerDefinition {
  return definition
}

/**
 * Starts the API server.
 *
 * @param sources environment variables; later sources take precedence
 * @throws ConfigError before anything is built; the error of a resource that does not start; the
 *   error of the system if it cannot listen
 */
export async function startServer(
  definition: ServerDefinition,
  sources: readonly Environment[],
  {
    logTo,
    onRequestCompleted,
    signal = new AbortController().signal,
    logBase,
    notReady,
    shareMetrics,
  }: StartOptions = {},
): Promise<RunningServer> {
  const { config, warning } = loadConfig(...sources)
  const output = logTo ?? new LogOutput(undefined, logBase && SHARED_BATCH_LENGTH)
  const options = { service: config.service, logFormat: config.logFormat, base: logBase }
  const logger = createLogger(config.logLevel, output, options)
  const audit = openAuditOutput(config, logger)
  if (warning !== undefined) logger.warn({ event: 'config_normalized' }, warning)
  if (config.trustProxy !== false) {
    const { trustProxy: proxies, trustForwardedHost: host } = config
    const trusted = { event: 'proxies_trusted', proxies, host }
    logger.info(trusted, 'X-Forwarded-* headers from these addresses are trusted')
  }
  const server = await assemble(definition, config, logger, {
    notReady,
    loadFeatures: (keys) => loadFeatures(config, { ...definition, keys }),
    // #region api-reference
    describe: config.apiReference ? 'with-login' : undefined,
    // #endregion api-reference
    onRequestCompleted,
    requestLogger: createRequestLogger(config.logLevel, output, options),
    auditLogger: audit && createLogger('info', audit, options),
    // #region telemetry
    tracing: await loadTelemetry(config, sources, logger),
    // #endregion telemetry
  })
  const { app, keySets, metrics, resources } = server
  try {
    const addresses = await addressesOf(config.host)
    await interruptible(signal, () => resources.start())
    keySets.start()
    const droppedLines = {
      log: () => (output instanceof LogOutput ? output.dropped : 0),
      audit: () => audit?.dropped ?? 0,
    }
    const metricsPort = await metrics.serve(app, { ...config, droppedLines }, shareMetrics)
    if (metricsPort !== undefined) {
      logger.info(
        { event: 'metrics_listening', port: metricsPort },
        'Metrics available at /metrics',
      )
    }
    await interruptible(signal, () => waitForKeys(keySets, config.keysStartTimeout, logger))
    const port = await interruptible(signal, () => listen(app, addresses, config.port))
    const keys = keySets.byIssuer.get(config.tokens.issuer) ?? NO_KEY_SET
    const keySet = () => keys.state
    return { app, config, port, metricsPort, keySet, keys, notReady: server.notReady }
  } catch (error) {
    if (signal.aborted) logger.info({ event: 'start_interrupted' }, 'The start was interrupted')
    await closeApp(app)
    throw error
  }
}

export interface AssembleOptions {
  readonly loadFeatures?: (keys: RemoteJwks | undefined) => Promise<FastifyPluginAsync[]>
  readonly onRequestCompleted?: StartOptions['onRequestCompleted'] | undefined
  /** What else the server is not ready for, if anything. */
  readonly notReady?: StartOptions['notReady'] | undefined
  readonly tracing?: Tracing | undefined
  /** For the line of each response; the log by default. */
  readonly requestLogger?: Logger | undefined
  /** For audit lines; the log by default. */
  readonly auditLogger?: Logger | undefined
  /** Whether `app.swagger()` returns the OpenAPI document of the routes, and with what. */
  readonly describe?: 'routes' | 'with-login' | undefined
}

/** Builds the server. It does not start a resource, listen or fetch anything yet. */
export async function assemble(
  definition: ServerDefinition,
  config: Config,
  logger: Logger,
  options: AssembleOptions = {},
) {
  const { keySets, verifier, metrics } = createVerification(config, definition.claims, logger)
  const resources = new Resources(definition.resources ?? [], logger)
  const features = (await options.loadFeatures?.(keySets.byIssuer.get(config.tokens.issuer))) ?? []
  const notReady = () => (keySets.ready ? resources.notReady : 'keys')
  const { begin = [], end = [] } = await loadDescription(definition, config, options.describe)
  const app = await buildApp({
    config,
    logger,
    requestLogger: options.requestLogger,
    auditLogger: options.auditLogger,
    tracing: options.tracing,
    verifier,
    routes: [begin, definition.routes].flat(),
    features: [end, features].flat(),
    notReady: () => notReady() ?? options.notReady?.(),
    problemDetails: definition.problemDetails ?? false,
    onRequestCompleted(completed, reply) {
      if (config.metricsPort !== undefined) metrics.requestCompleted(completed)
      options.onRequestCompleted?.(completed, reply)
    },
    ...(config.logHints && { hint: await loadHint(config, keySets) }),
  })
  app.addHook('onClose', async () => {
    keySets.stop()
    const { closeBy = performance.now() + config.shutdownTimeout } = app
    await resources.stop(closeBy - performance.now())
    await options.tracing?.stop(closeBy - performance.now())
  })
  return { app, keySets, metrics, resources, notReady }
}
