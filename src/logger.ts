import {
  type FastifyBaseLogger,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import pino, { type DestinationStream, type Logger } from 'pino'

/** Members that are never logged, whatever their case and however deep they stand. */
const SECRET =
  /"((?:proxy-)?authorization|(?:set-)?cookie|[\w-]*(?:token|secret|password))":("(?:[^"\\]|\\.)*"|\[[^\]]*\])/gi
const BEARER = /\b(bearer|basic) [\w\-.~+/=]+/gi
const JWT = /\bey[\w-]{8,}\.[\w-]*(?:\.[\w-]*)*/g
const QUERY_VALUE = /([?&][^=&\s"\\]+=)[^&\s"\\]+/g

/**
 * A structured log, one JSON object a line. Each finished line is searched for secrets: by their
 * names, and whatever looks like a token or a query value wherever it may have come from.
 *
 * @param destination standard output where none is given
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { req: describeRequest, res: describeReply },
      hooks: { streamWrite: censor },
    },
    destination,
  )
}

/** What is kept of each answer. Every text in it comes from a fixed set. */
export interface Answer {
  /** Null where the request was too broken to have one. */
  readonly method: string | null
  /** The pattern of the route; null where none was met. */
  readonly route: string | null
  readonly status: number
  /** Milliseconds. */
  readonly duration?: number
  /** Why the request was not let in. */
  readonly refusal?: string
  /** What to do about it, in a sentence of ours. */
  readonly hint?: string
}

/** Says what to do about a refusal, if it knows. */
export type Hint = (refusal: string, request: FastifyRequest) => string | undefined

/** Writes one line for each answer, instead of Fastify's two, and tells whoever counts them. */
export class RequestLog extends LogController {
  readonly #onAnswer: (answer: Answer) => void
  readonly #hint: Hint

  constructor(onAnswer: (answer: Answer) => void, hint: Hint) {
    super({ requestIdLogLabel: 'requestId' })
    this.#onAnswer = onAnswer
    this.#hint = hint
  }

  override incomingRequest(): void {}

  override requestCompleted(
    error: Error | null | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void {
    const { failure } = request
    const refusal = (failure as { code?: string } | null)?.code
    const hint = refusal === undefined ? undefined : this.#hint(refusal, request)
    const answer = {
      ...describeRequest(request),
      ...describeReply(reply),
      duration: Math.round(reply.elapsedTime * 1000) / 1000,
      ...(refusal !== undefined && { refusal }),
      ...(hint !== undefined && { hint }),
    }
    this.record(request.log, answer, reply.statusCode === 500 ? failure : (error ?? undefined))
  }

  /** @param unforeseen what nobody thought could be thrown */
  record(log: FastifyBaseLogger, answer: Answer, unforeseen?: unknown): void {
    if (unforeseen !== undefined) log.error({ ...answer, err: unforeseen }, 'request')
    else if (answer.status >= 500) log.warn(answer, 'request')
    else log.info(answer, 'request')
    this.#onAnswer(answer)
  }
}

/** The pattern of the route, never the URL: paths and queries may hold what must not be logged. */
function describeRequest({ method, routeOptions }: FastifyRequest) {
  return { method, route: routeOptions.url ?? null }
}

function describeReply({ statusCode }: FastifyReply) {
  return { status: statusCode }
}

function censor(line: string): string {
  return line
    .replace(SECRET, '"$1":"[redacted]"')
    .replace(BEARER, '$1 [redacted]')
    .replace(JWT, '[redacted]')
    .replace(QUERY_VALUE, '$1[redacted]')
}
