import { randomUUID } from 'node:crypto'
import fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { RequestLog } from './logger.ts'
import { authenticate } from './plugins/authenticate.ts'
import { authorize } from './plugins/authorize.ts'
import { cors } from './plugins/cors.ts'
import { declaredAccess } from './plugins/declared-access.ts'
import { errors } from './plugins/errors.ts'
import { host } from './plugins/host.ts'
import { methodNotAllowed, notFound } from './plugins/not-found.ts'
import { securityHeaders } from './plugins/security-headers.ts'
import { unhookedAnswers } from './plugins/unhooked.ts'
import { messages } from './routes/messages.ts'
import { accessTokenVerifier } from './tokens/access-token.ts'
import type { SigningKeys } from './tokens/signing-keys.ts'

/** What the server stands on, given from outside so that a test can give its own. */
export interface Dependencies {
  readonly config: Config
  readonly logger: Logger
  readonly signingKeys: SigningKeys
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/** The way of a request, from top to bottom. */
export async function buildApp(dependencies: Dependencies): Promise<FastifyInstance> {
  const { config, logger, signingKeys, now } = dependencies
  const unhooked = unhookedAnswers(config.clientOrigins, logger)
  const app = fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new RequestLog(),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    trustProxy: config.trustProxy,
    http: {
      requireHostHeader: false,
      maxHeaderSize: 16 * 1024,
      headersTimeout: 10_000,
      connectionsCheckingInterval: 1_000,
    },
    requestTimeout: 30_000,
    return503OnClosing: false,
    ...unhooked.options,
  })
  unhooked.listenTo(app.server)

  // Every answer: its shape, its headers, who may read it in a browser.
  await app.register(errors)
  await app.register(securityHeaders)
  await app.register(cors, { clientOrigins: config.clientOrigins })

  // Is this a request for a route of ours?
  await app.register(host)
  await app.register(notFound)

  // Who calls (400, 401, 503), and may they (401, 403)? Each route declares whom it lets in.
  await app.register(declaredAccess)
  await app.register(authenticate, {
    verifier: accessTokenVerifier(config.tokens, signingKeys, now),
  })
  await app.register(authorize, { organizations: config.organizations })

  await app.register(messages)

  // The methods that none of the routes above answers.
  await app.register(methodNotAllowed)
  return app
}
