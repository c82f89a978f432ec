import { randomUUID } from 'node:crypto'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
} from 'fastify'
import type { Logger } from 'pino'
import type { Config } from './config/config.ts'
import { health } from './lifecycle/health.ts'
import { messages } from './messages/messages.ts'
import { type Answer, type Hint, RequestLog, requestLogger } from './observability/logger.ts'
import { authenticate } from './plugins/authenticate.ts'
import { authorize } from './plugins/authorize.ts'
import { cors } from './plugins/cors.ts'
import { declaredAccess } from './plugins/declared-access.ts'
import { drain } from './plugins/drain.ts'
import { errors } from './plugins/errors.ts'
import { methodNotAllowed, notFound } from './plugins/not-found.ts'
import { overload } from './plugins/overload.ts'
import { rateLimit } from './plugins/rate-limit.ts'
import { unhookedAnswers } from './plugins/raw-error-responses.ts'
import { requestHead } from './plugins/request-head.ts'
import { securityHeaders } from './plugins/security-headers.ts'
import type { AccessTokenVerifier } from './tokens/access-token.ts'

/** The most that a request may say before its body, in bytes. */
export const MAX_HEADER_SIZE = 16 * 1024

/** How long clients may take, in milliseconds, and how much they may send before a route is met. */
const LIMITS = {
  requestTimeout: 30_000,
  keepAliveTimeout: 72_000,
  connectionTimeout: 120_000,
  http: {
    requireHostHeader: false,
    maxHeaderSize: MAX_HEADER_SIZE,
    headersTimeout: 10_000,
    connectionsCheckingInterval: 1_000,
  },
}
const MAX_CONNECTIONS = 20_000

/** What the server stands on, given from outside so that a test can give its own. */
export interface Dependencies {
  readonly config: Config
  readonly logger: Logger
  readonly verifier: AccessTokenVerifier
  /** Whether the tenant's keys are known. */
  readonly keysReady: () => boolean
  /** Is told of each answer. */
  readonly onAnswer?: (answer: Answer) => void
  /** What the log says of a refusal, beside its code. */
  readonly hint?: Hint
  /** Optional parts, each with routes of its own, in a scope of its own. */
  readonly rooms?: readonly FastifyPluginAsync[]
}

/** The way of a request, from top to bottom. */
export async function buildApp(dependencies: Dependencies): Promise<FastifyInstance> {
  const { config, logger, verifier, keysReady, rooms = [] } = dependencies
  const { clientOrigins, organizations, authFailuresMax } = config
  const { onAnswer = () => {}, hint = () => undefined } = dependencies
  const requestLog = new RequestLog(onAnswer, hint)
  const unhooked = unhookedAnswers(clientOrigins, (answer) => requestLog.record(logger, answer))
  const app = fastify({
    ...LIMITS,
    ...unhooked.options,
    loggerInstance: logger as FastifyBaseLogger,
    logController: requestLog,
    childLoggerFactory: requestLogger,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    trustProxy: config.trustProxy,
    return503OnClosing: false,
  })
  app.server.maxConnections = MAX_CONNECTIONS
  unhooked.listenTo(app.server)

  // Every answer: its shape, its headers, who may read it in a browser. Preflights end here (204).
  await app.register(errors)
  await app.register(securityHeaders)
  await app.register(drain)
  await app.register(cors, { clientOrigins })

  // Is the request well-formed (400, 431), for a route of ours (404), and is there time for it (503)?
  await app.register(requestHead)
  await app.register(notFound)
  await app.register(overload)

  // Who calls (400, 401, 429, 503)? Each route declares whom it lets in, or the server won't start.
  await app.register(declaredAccess)
  await app.register(rateLimit, { authFailuresMax })
  await app.register(authenticate, { verifier })

  // May they (401 for the organization, 403)? Judged after a body is parsed, where a route takes one.
  await app.register(authorize, { organizations })

  // The routes. A new one goes here, so that methodNotAllowed knows it.
  await app.register(messages)
  await app.register(health, {
    notReady: () => (app.draining ? 'shutting down' : keysReady() ? undefined : 'keys'),
  })
  for (const room of rooms) await app.register(room)

  // The methods that none of them answers (405): public routes, so no credentials are looked at.
  await app.register(methodNotAllowed)
  return app
}
