import { type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import pino, { type DestinationStream, type Logger } from 'pino'

/** Members that are never logged, at the top of a line, one level down, or among headers. */
const SECRETS = ['authorization', 'cookie', 'set-cookie', 'token', 'secret', 'password']
const ALSO_SECRETS = ['access_token', 'id_token', 'refresh_token', 'client_secret']
const PLACES = ['', '*.', '*.headers.']

const JWT = /eyJ[\w-]+(\.[\w-]*)+/g
const QUERY_VALUE = /([?&][^=&\s"]+=)[^&\s"]+/g

/**
 * A structured log, one JSON object a line. Secrets are censored by name, and in the finished line
 * once more whatever looks like a token or a query value, wherever it may have come from.
 *
 * @param destination standard output where none is given
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: PLACES.flatMap((place) =>
        [...SECRETS, ...ALSO_SECRETS].map((name) => `${place}["${name}"]`.replace('.[', '[')),
      ),
      serializers: { req: describeRequest, res: describeReply },
      hooks: { streamWrite: censor },
    },
    destination,
  )
}

/** Writes one line for each answered request, instead of Fastify's two. */
export class RequestLog extends LogController {
  constructor() {
    super({ requestIdLogLabel: 'requestId' })
  }

  override incomingRequest(): void {}

  override requestCompleted(
    error: Error | null | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void {
    const { failure } = request
    const line = {
      ...describeRequest(request),
      ...describeReply(reply),
      duration: Math.round(reply.elapsedTime * 1000) / 1000,
      ...(failure === null ? {} : { refusal: codeOf(failure) }),
    }
    if (reply.statusCode === 500 || error)
      request.log.error({ ...line, err: error ?? failure }, 'request')
    else request.log.info(line, 'request')
  }
}

/** The pattern of the route, never the URL: paths and queries may hold what must not be logged. */
function describeRequest({ method, routeOptions }: FastifyRequest) {
  return { method, route: routeOptions.url ?? null }
}

function describeReply({ statusCode }: FastifyReply) {
  return { status: statusCode }
}

function codeOf(failure: unknown): string | undefined {
  return (failure as { code?: string }).code
}

function censor(line: string): string {
  return line.replace(JWT, '[redacted]').replace(QUERY_VALUE, '$1[redacted]')
}
