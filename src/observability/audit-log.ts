import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { TraceIds } from './trace-context.ts'

/**
 * Who called a protected route, and whether it was allowed. The members and their order are stable.
 * Nothing of it comes from the request but verified claims: the rest is from fixed sets.
 */
export interface AuditRecord {
  readonly event: 'audit'
  /** The client has it in `X-Request-Id`. */
  readonly requestId: string
  /** Whether the access policy of the route allowed the request, its check included. */
  readonly outcome: 'allowed' | 'denied'
  /** Null if the client closed the connection before the response. */
  readonly status: number | null
  /** The code for which the request was rejected. */
  readonly refusal: string | null
  readonly method: string
  /** The pattern of the route, without the values of its parameters. */
  readonly route: string
  /** `sub`; null if no token was verified. */
  readonly subject: string | null
  /** `org_id` */
  readonly organization: string | null
  /** `azp` or `client_id` */
  readonly client: string | null
  /** `act.sub`: who acts for the subject. */
  readonly actor: string | null
  /** `iss`. A subject is unique per issuer only. */
  readonly issuer: string | null
  /** Of the span of this request, or of the trusted proxy's. */
  readonly traceId: string | null
  readonly spanId: string | null
}

/** In characters. A subject has at most 255 (OpenID Connect Core §2). */
const MAX_CLAIM_LENGTH = 256

/** Writes one line for each request to a route that is not public, whatever the level of the log is. */
export class AuditLog {
  readonly #logger: Logger
  readonly #written = new WeakSet<FastifyRequest>()

  readonly #contextOf: (request: IncomingMessage) => Partial<TraceIds> | undefined

  /** @param contextOf returns which trace a request belongs to, if that is known */
  constructor(
    logger: Logger,
    contextOf: (request: IncomingMessage) => Partial<TraceIds> | undefined,
  ) {
    this.#contextOf = contextOf
    this.#logger = logger.child({}, { level: 'info', formatters: { log: (line) => line } })
  }

  /** Fastify reports no response to a client that is gone, but the handler may have done its work. */
  watch(app: FastifyInstance): void {
    app.addHook('onRequestAbort', (request, done) => {
      this.write(request, null)
      done()
    })
  }

  /** @param status of the response, or null if there is none */
  write(request: FastifyRequest, status: number | null): void {
    const { access = 'public' } = request.routeOptions.config
    if (access === 'public' || this.#written.has(request)) return
    // A client may close the connection after a response to a part of its request.
    this.#written.add(request)
    const { traceId = null, spanId = null } = this.#contextOf(request.raw) ?? {}
    this.#logger.info({ ...auditRecord(request, status), traceId, spanId }, 'audit')
  }
}

function auditRecord(
  request: FastifyRequest,
  status: number | null,
): Omit<AuditRecord, keyof TraceIds> {
  const { id: requestId, method, principal, routeOptions, refusal = null } = request
  return {
    event: 'audit',
    requestId,
    outcome: request.authorized && request.allowed ? 'allowed' : 'denied',
    status,
    refusal,
    method,
    route: routeOptions.url as string,
    subject: bounded(principal?.subject),
    organization: bounded(principal?.organization),
    client: bounded(principal?.client),
    actor: bounded(principal?.actor),
    issuer: bounded(principal?.issuer),
  }
}

/** A claim can be as long as a token. A cut one ends with an ellipsis. */
function bounded(claim: string | undefined): string | null {
  if (claim === undefined || claim.length <= MAX_CLAIM_LENGTH) return claim ?? null
  return `${claim.slice(0, MAX_CLAIM_LENGTH - 1)}…`
}
