import {
  type FastifyBaseLogger,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'

/** What is logged and counted of a completed request. All texts come from fixed sets. */
export interface CompletedRequest {
  /** The client has it in `X-Request-Id`. */
  readonly requestId: string
  /** Null if the request could not be parsed. */
  readonly method: string | null
  /** The pattern of the route; null if no route matched. */
  readonly route: string | null
  readonly status: number
  /** In milliseconds. */
  readonly duration?: number
  /** The code for which the request was rejected. */
  readonly refusal?: string | undefined
  /** The name of the policy's check that did not allow the request. */
  readonly check?: string
  /** What to do about it. */
  readonly hint?: string | undefined
}

/** Returns what to do about a rejected request, if anything is known. */
export type Hint = (refusal: string, request: FastifyRequest) => string | undefined

/** Logs one line for each response, instead of Fastify's two, and reports it for the metrics. */
export class RequestLog extends LogController {
  readonly #onRequestCompleted: (completed: CompletedRequest) => void
  readonly #hint: Hint

  constructor(onRequestCompleted: (completed: CompletedRequest) => void, hint: Hint) {
    super()
    this.#onRequestCompleted = onRequestCompleted
    this.#hint = hint
  }

  override incomingRequest(): void {}

  override requestCompleted(
    error: Error | null | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void {
    if (request.isDryRun) return
    const { failure, refusal, failedCheck: check, method, routeOptions } = request
    const { statusCode: status } = reply
    const duration = Math.round(reply.elapsedTime * 1000) / 1000
    const completed = {
      requestId: request.id,
      method,
      route: routeOptions.url ?? null,
      status,
      duration,
      refusal,
      ...(check !== undefined && { check }),
      hint: refusal && this.#hint(refusal, request),
    }
    this.record(request.log, completed, status === 500 ? failure : (error ?? undefined))
  }

  /** @param unexpected an error that is not a rejection of the request */
  record(log: FastifyBaseLogger, completed: CompletedRequest, unexpected?: unknown): void {
    if (unexpected !== undefined) log.error({ ...completed, err: unexpected }, 'request')
    else if (completed.status >= 500) log.warn(completed, 'request')
    else log.info(completed, 'request')
    this.#onRequestCompleted(completed)
  }
}

/** All requests share one logger, because each line has the request id; some routes have a level of their own. */
export function requestLogger(
  logger: FastifyBaseLogger,
  _bindings: object,
  { level }: { readonly level?: string },
): FastifyBaseLogger {
  return level === undefined ? logger : logger.child({}, { level })
}

/** Serializes a request without its URL: paths and queries may contain secrets. */
export function describeRequest({ method, routeOptions }: FastifyRequest) {
  return { method, route: routeOptions.url ?? null }
}

export function describeReply({ statusCode }: FastifyReply) {
  return { status: statusCode }
}
