import type { IncomingMessage } from 'node:http'
import { type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import type { Logger } from 'pino'
import type { CreateErrorResponse } from '../http/error-response.ts'
import { roundMilliseconds } from '../utils/round-milliseconds.ts'
import type { AuditLog } from './audit-log.ts'

/** What is logged and counted of a completed request. All texts but the hint come from fixed sets. */
export interface CompletedRequest {
  readonly event: 'request'
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

/**
 * Returns what to do about a request that was rejected, or whose response a browser hides, if
 * anything is known.
 */
export type Hint = (refusal: string | undefined, request: FastifyRequest) => string | undefined

/**
 * Called for each response.
 *
 * @param reply the response and its request; undefined if the request could not be parsed. The request
 *   has the token: do not keep it.
 */
export type OnRequestCompleted = (completed: CompletedRequest, reply?: FastifyReply) => void

export interface RequestLogOptions {
  /** For lines with an error or a hint, whose texts may have secrets. */
  readonly logger: Logger
  /** For all other lines, whose texts come from fixed sets. */
  readonly requestLogger: Logger
  readonly onRequestCompleted: OnRequestCompleted
  readonly hint: Hint
  /** Undefined if there are no audit lines. */
  readonly audit?: AuditLog | undefined
  readonly errorResponse: CreateErrorResponse
  /** What connects the lines of a request with those of proxies, and with its trace. */
  readonly contextOf: (request: IncomingMessage) => object | undefined
}

/** Logs one line for each response, instead of Fastify's two, and reports it for the metrics. */
export class RequestLog extends LogController {
  readonly #options: RequestLogOptions

  constructor(options: RequestLogOptions) {
    super({ requestIdLogLabel: 'requestId' })
    this.#options = options
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
    const duration = roundMilliseconds(reply.elapsedTime)
    const completed = {
      event: 'request',
      requestId: request.id,
      method,
      route: routeOptions.url ?? null,
      status,
      duration,
      refusal,
      ...(check !== undefined && { check }),
      hint: this.#options.hint(refusal, request),
    } as const
    const unexpected = status === 500 ? failure : (error ?? undefined)
    this.record(completed, request.raw, unexpected, reply)
    this.#options.audit?.write(request, status)
  }

  /**
   * Answers 500. Fastify calls this method where an error response cannot be sent, because an `onSend`
   * hook throws or a header is invalid. Next, it would send the text of the error to the client.
   */
  override defaultErrorLog(error: Error, request: FastifyRequest, reply: FastifyReply): void {
    request.failure = error
    request.refusal = undefined
    const { headers, body } = this.#options.errorResponse(500, request.id, request.headers.origin)
    reply.hijack().raw.writeHead(500, headers).end(body)
  }

  /**
   * @param request undefined if it could not be parsed
   * @param unexpected an error that is not a rejection of the request
   */
  record(
    completed: CompletedRequest,
    request?: IncomingMessage,
    unexpected?: unknown,
    reply?: FastifyReply,
  ): void {
    const { logger, requestLogger, contextOf, onRequestCompleted } = this.#options
    const context = request && contextOf(request)
    const line = context === undefined ? completed : { ...completed, ...context }
    const isFixed = unexpected === undefined && completed.hint === undefined
    const log = atLevel(isFixed ? requestLogger : logger, reply?.request.routeOptions.logLevel)
    if (unexpected !== undefined) log.error({ ...line, err: unexpected }, 'request')
    else if (completed.status >= 500) log.warn(line, 'request')
    else log.info(line, 'request')
    onRequestCompleted(completed, reply)
  }
}

/** @param level the level of the route; empty if it has none of its own */
function atLevel(logger: Logger, level: string | undefined): Logger {
  return level === undefined || level === '' ? logger : logger.child({}, { level })
}

/** Serializes a request without its URL: paths and queries may contain secrets. */
export function describeRequest({ method, routeOptions }: FastifyRequest) {
  return { method, route: routeOptions.url ?? null }
}

export function describeReply({ statusCode }: FastifyReply) {
  return { status: statusCode }
}
