import {
  type FastifyBaseLogger,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import pino, { type DestinationStream, type Logger } from 'pino'
import { LogOutput } from './log-destination.ts'

/** Members that are never logged, whatever their case and however deep they stand. */
const SECRET =
  /"((?:proxy-)?authorization|(?:set-)?cookie|[\w-]*(?:token|secret|password))":("(?:[^"\\]|\\.)*"|\[[^\]]*\])/gi
const BEARER = /\b(bearer|basic) [\w\-.~+/=]+/gi
const JWT = /\bey[\w-]{8,}\.[\w-]*(?:\.[\w-]*)*/g
const QUERY_VALUE = /([?&][^=&\s"\\]+=)[^&\s"\\]+/g
/** What one of them must hold; most lines do not, and are not searched further. */
const SUSPECT = /ey[\w-]{8}|bearer|basic|authorization|cookie|token"|secret"|password"|[?&]/i

/**
 * A structured log, one JSON object a line. Each finished line is searched for secrets: by their
 * names, and whatever looks like a token or a query value wherever it may have come from.
 *
 * @param destination standard output where none is given, written to in pieces of several lines, ten
 *   times a second or more often
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: timestamp(),
      serializers: { req: describeRequest, res: describeReply },
      hooks: { streamWrite: censor },
    },
    destination ?? new LogOutput(),
  )
}

/** The time of a line (RFC 3339), put into words once a millisecond. */
function timestamp(): () => string {
  let millisecond = 0
  let text = ''
  return () => {
    const now = Date.now()
    if (now !== millisecond) text = `,"time":"${new Date(now).toISOString()}"`
    millisecond = now
    return text
  }
}

/** What is kept of each answer. Every text in it comes from a fixed set. */
export interface Answer {
  /** Names the request; the client has it in `X-Request-Id`. */
  readonly requestId: string
  /** Null where the request was too broken to have one. */
  readonly method: string | null
  /** The pattern of the route; null where none was met. */
  readonly route: string | null
  readonly status: number
  /** Milliseconds. */
  readonly duration?: number
  /** Why the request was not let in. */
  readonly refusal?: string | undefined
  /** What to do about it, in a sentence of ours. */
  readonly hint?: string | undefined
}

/** Says what to do about a refusal, if it knows. */
export type Hint = (refusal: string, request: FastifyRequest) => string | undefined

/** Writes one line for each answer, instead of Fastify's two, and tells whoever counts them. */
export class RequestLog extends LogController {
  readonly #onAnswer: (answer: Answer) => void
  readonly #hint: Hint

  constructor(onAnswer: (answer: Answer) => void, hint: Hint) {
    super()
    this.#onAnswer = onAnswer
    this.#hint = hint
  }

  override incomingRequest(): void {}

  override requestCompleted(
    error: Error | null | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void {
    const { failure, method, routeOptions } = request
    const { statusCode: status } = reply
    const duration = Math.round(reply.elapsedTime * 1000) / 1000
    const { code: refusal } = Object(failure) as { code?: string }
    const answer = {
      requestId: request.id,
      method,
      route: routeOptions.url ?? null,
      status,
      duration,
      refusal,
      hint: refusal && this.#hint(refusal, request),
    }
    this.record(request.log, answer, status === 500 ? failure : (error ?? undefined))
  }

  /** @param unforeseen what nobody thought could be thrown */
  record(log: FastifyBaseLogger, answer: Answer, unforeseen?: unknown): void {
    if (unforeseen !== undefined) log.error({ ...answer, err: unforeseen }, 'request')
    else if (answer.status >= 500) log.warn(answer, 'request')
    else log.info(answer, 'request')
    this.#onAnswer(answer)
  }
}

/** One logger for all requests, since each line names its own; only some routes log less than others. */
export function requestLogger(
  logger: FastifyBaseLogger,
  _bindings: object,
  { level }: { readonly level?: string },
): FastifyBaseLogger {
  return level === undefined ? logger : logger.child({}, { level })
}

/** The pattern of the route, never the URL: paths and queries may hold what must not be logged. */
function describeRequest({ method, routeOptions }: FastifyRequest) {
  return { method, route: routeOptions.url ?? null }
}

function describeReply({ statusCode }: FastifyReply) {
  return { status: statusCode }
}

function censor(line: string): string {
  if (!SUSPECT.test(line)) return line
  return line
    .replace(SECRET, '"$1":"[redacted]"')
    .replace(BEARER, '$1 [redacted]')
    .replace(JWT, '[redacted]')
    .replace(QUERY_VALUE, '$1[redacted]')
}
