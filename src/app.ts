import { randomUUID } from 'node:crypto'
import fastifyEnv from '@fastify/env'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
} from 'fastify'
import type { Logger } from 'pino'
import type { Config } from './config/config.ts'
import { type PublicValues, publicSchema } from './config/schema.ts'
import { messageFormat, problemFormat } from './http/error-format.ts'
import { type CreateErrorResponse, errorResponses } from './http/error-response.ts'
import { closeInStages } from './http/linger.ts'
import { trustedProxies } from './http/trusted-proxies.ts'
import { InvalidRequestError } from './http/validation.ts'
import { limitConnections } from './lifecycle/connection-limit.ts'
import { health } from './lifecycle/health.ts'
import { FIXED_TIMEOUTS, type Timeouts } from './lifecycle/timeouts.ts'
import { AuditLog } from './observability/audit-log.ts'
import { type Hint, type OnRequestCompleted, RequestLog } from './observability/request-log.ts'
import { requestLoggers } from './observability/request-logger.ts'
import { contextReader, ProxyHeaders, type Tracing } from './observability/trace-context.ts'
import { authenticate } from './plugins/authenticate.ts'
import { authorize } from './plugins/authorize.ts'
import { createValidatorFactory } from './plugins/body/validators.ts'
import { CorsPolicy, cors } from './plugins/cors.ts'
import { declaredAccess } from './plugins/declared-access.ts'
import { proofs } from './plugins/dpop/proofs.ts'
import { drain } from './plugins/drain.ts'
import { dryRun, endDryRun } from './plugins/dry-run.ts'
import { errors } from './plugins/errors.ts'
import { counters } from './plugins/limits/counters.ts'
import { failedAuthentications } from './plugins/limits/failed-authentications.ts'
import { routeLimits } from './plugins/limits/route-limits.ts'
import { methodNotAllowed, notFound } from './plugins/not-found.ts'
import { overload } from './plugins/overload.ts'
import { rawErrorResponses } from './plugins/raw-error-responses.ts'
import { MAX_BODY_BYTES, requestBody, unreadBody } from './plugins/request-body.ts'
import { MAX_HEADER_BYTES, requestHead } from './plugins/request-head.ts'
import { securityHeaders } from './plugins/security-headers.ts'
import type { RedisStatus } from './redis/redis-connection.ts'
import type { TokenVerifier } from './tokens/access-token.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The environment variables, without the secrets. */
    config: PublicValues
    /** The state of each connection by its use, such as `sessions`; undefined before it is first used. */
    redisConnections: Map<string, () => RedisStatus | undefined>
    /** The name of what is not ready, if anything is not. It does not start a fetch. */
    notReady: () => string | undefined
    /** Connections beyond it are closed at once. */
    connectionLimit: number
    /** The paths of the product's routes. */
    productPaths: readonly string[]
  }
}

/** What the app is built from; tests pass their own. */
export interface Dependencies {
  readonly config: Config
  readonly logger: Logger
  readonly tracing?: Tracing | undefined
  /** For the line of each response, whose texts come from fixed sets; `logger` by default. */
  readonly requestLogger?: Logger | undefined
  /** For audit lines; `logger` by default. */
  readonly auditLogger?: Logger | undefined
  readonly verifier: TokenVerifier
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  /** The routes of the product, as plugins. */
  readonly routes: readonly FastifyPluginAsync[]
  /** Optional features: plugins with routes of their own. */
  readonly features?: readonly FastifyPluginAsync[]
  /** The name of what is not ready, if anything is not: keys or a resource. */
  readonly notReady: () => string | undefined
  /** Whether errors are problem details (RFC 9457) instead of `{"message": …}`. */
  readonly problemDetails?: boolean
  readonly timeouts?: Partial<Timeouts>
  readonly onRequestCompleted?: OnRequestCompleted
  /** Explains a rejection in the log. */
  readonly hint?: Hint
}

/** Builds the app. The plugins are in the order in which a request passes them. */
export async function buildApp(dependencies: Dependencies): Promise<FastifyInstance> {
  const { config, verifier, now = Date.now, routes, features = [], notReady } = dependencies
  const { organizations, authFailuresMax, redisUrl, dpop, publicUrl } = config
  const format = dependencies.problemDetails ? problemFormat : messageFormat
  const corsPolicy = new CorsPolicy({
    origins: config.clientOrigins,
    allowedHeaders: config.corsAllowedHeaders,
    exposedHeaders: config.corsExposedHeaders,
  })
  const app = await createApp(dependencies, errorResponses(format, corsPolicy))
  app.decorate('redisConnections', new Map())
  app.decorate('featureMetrics', [])
  app.decorate('notReady', notReady)

  // `app.config` and `getEnvs()`: the validated variables. The schema leaves out the secrets, since a
  // decorator is visible to every plugin; the code itself gets `config` as an argument.
  await app.register(fastifyEnv, { schema: publicSchema, data: config.variables, env: false })

  // Every response: its error body, its headers, and CORS. Preflights end here (204).
  await app.register(errors, { format, boundTokens: dpop, metadata: config.metadata?.url.href })
  await app.register(dryRun, { format })
  await app.register(securityHeaders)
  await app.register(drain)
  await app.register(unreadBody)
  await app.register(cors, { policy: corsPolicy })

  // Is the request well-formed (400, 431) and for this host (421), is there a route (404), is the
  // server overloaded (503)?
  await app.register(requestHead, {
    allowedHosts: config.allowedHosts,
    trustForwardedHost: config.trustForwardedHost,
    organizationDomain: organizations.domain,
  })
  await app.register(notFound)
  await app.register(overload, { maxEventLoopDelay: config.maxEventLoopDelay })

  // Authentication (400, 401, 429, 503). A route without a declared access policy stops the start.
  await app.register(declaredAccess, { boundTokens: dpop !== undefined })
  const { issuer, audiences, clockTolerance } = config.tokens
  await app.register(counters, { redisUrl, scope: [issuer, ...audiences].join(' ') })
  await app.register(failedAuthentications, { authFailuresMax })
  await app.register(proofs, { dpop, clockTolerance, redisUrl, now })
  const boundTokenRequired = dpop?.required ?? false
  await app.register(authenticate, { verifier, boundTokenRequired, publicUrl })

  // Authorization (401 for the organization and the login, 403). A policy's own check waits for the body.
  await app.register(authorize, { organizations, now, clockTolerance })
  await app.register(endDryRun)

  // The limits of routes (429), for requests that are authorized.
  await app.register(routeLimits)

  // The body, of requests that are authorized (400, 413, 415).
  await app.register(requestBody)

  // The routes. methodNotAllowed only knows routes that are registered before it.
  for (const plugin of routes) await app.register(plugin)
  app.decorate('productPaths', [...app.policies.keys()])
  await app.register(health, { notReady: () => (app.draining ? 'shutting down' : notReady()) })
  for (const feature of features) await app.register(feature)

  // The other methods of these routes (405). They are public, so credentials are not checked.
  await app.register(methodNotAllowed)
  return app
}

/**
 * The app before its plugins: the limits and time-outs of its HTTP server, the responses to what is not a
 * request for Fastify, and the lines of the log.
 */
async function createApp(
  dependencies: Dependencies,
  errorResponse: CreateErrorResponse,
): Promise<FastifyInstance> {
  const { config, logger, tracing, requestLogger = logger, auditLogger = logger } = dependencies
  const { onRequestCompleted = () => {}, hint = () => undefined } = dependencies
  const timeouts = { ...FIXED_TIMEOUTS, ...config.timeouts, ...dependencies.timeouts }
  const proxyHeaders = new ProxyHeaders(config.trustProxy, config.proxyRequestIdHeader)
  const contextOf = contextReader(proxyHeaders, tracing)
  const audit = config.auditLog ? new AuditLog(auditLogger, contextOf) : undefined
  const requestLog = new RequestLog({
    logger,
    requestLogger,
    onRequestCompleted,
    hint,
    audit,
    errorResponse,
    contextOf,
  })
  const rawResponses = rawErrorResponses({
    errorResponse,
    lingerTime: timeouts.linger,
    onRequestCompleted: (completed, request) => requestLog.record(completed, request),
  })
  const app = fastify({
    ...rawResponses.options,
    loggerInstance: logger as FastifyBaseLogger,
    logController: requestLog,
    childLoggerFactory: requestLoggers(contextOf),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    trustProxy: trustedProxies(config.trustProxy),
    return503OnClosing: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: timeouts.request,
    keepAliveTimeout: timeouts.keepAlive,
    connectionTimeout: timeouts.connection,
    http: {
      requireHostHeader: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: timeouts.head,
      connectionsCheckingInterval: timeouts.checkInterval,
    },
    schemaController: { compilersFactory: { buildValidator: createValidatorFactory() } },
    schemaErrorFormatter: (found, part) => new InvalidRequestError(found, part),
  })
  if (tracing !== undefined) await app.register(tracing.plugin, { proxyHeaders })
  app.decorate('connectionLimit', limitConnections(app.server, logger))
  rawResponses.addListeners(app.server)
  closeInStages(app.server, timeouts.linger)
  audit?.watch(app)
  return app
}
