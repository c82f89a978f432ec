import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { FastifyServerOptions } from 'fastify'
import type { Answer } from '../observability/logger.ts'
import { corsHeaders } from './cors.ts'
import { ERROR_CONTENT_TYPE, errorBody, reasonOf } from './errors.ts'
import { commonHeaders } from './security-headers.ts'

/** How long a client may take to read the answer to a broken request, in milliseconds. */
const LINGER = 1_000

const STATUS_OF_PARSER_ERROR: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

export interface UnhookedAnswers {
  /** What Fastify takes when it is constructed. */
  readonly options: Required<Pick<FastifyServerOptions, 'clientErrorHandler' | 'frameworkErrors'>>
  /** What the HTTP server asks without asking Fastify. */
  listenTo(server: Server): void
}

/**
 * Answers the requests that no hook ever sees (broken HTTP, undecodable URLs, `Expect`, `CONNECT`),
 * with the body and the headers of every other error.
 *
 * @param record is told of each answer
 */
export function unhookedAnswers(
  clientOrigins: readonly string[],
  record: (answer: Answer) => void,
): UnhookedAnswers {
  function prepare(status: number, refusal: string, origin?: string) {
    const requestId = randomUUID()
    const body = errorBody(reasonOf(status))
    record({ requestId, method: null, route: null, status, refusal })
    const headers = {
      ...commonHeaders(requestId),
      ...corsHeaders(origin, clientOrigins),
      'content-type': ERROR_CONTENT_TYPE,
      'content-length': String(Buffer.byteLength(body)),
      connection: 'close',
    }
    return { headers, body }
  }

  function respond(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    refusal: string,
  ) {
    const { headers, body } = prepare(status, refusal, request.headers.origin)
    response.writeHead(status, headers).end(body)
  }

  function respondOnSocket(socket: Duplex, status: number, refusal: string) {
    const { headers, body } = prepare(status, refusal)
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const date = `date: ${new Date().toUTCString()}\r\n`
    socket.end(`HTTP/1.1 ${status} ${reasonOf(status)}\r\n${date}${lines.join('')}\r\n${body}`)
    // Closed at once, a connection is reset while the client still sends, and the answer is lost.
    setTimeout(() => socket.destroy(), LINGER).unref()
  }

  /** The parser reports one broken request many times: it is answered and logged once. */
  const answered = new WeakSet<Socket>()

  return {
    options: {
      clientErrorHandler({ code }, socket) {
        if (answered.has(socket)) return
        if (!socket.writable) return void socket.destroy()
        answered.add(socket)
        const status = STATUS_OF_PARSER_ERROR[code] ?? 400
        afterEarlierAnswers(socket, () => respondOnSocket(socket, status, code))
      },
      frameworkErrors({ code, statusCode = 400 }, request, reply) {
        reply.hijack()
        respond(request.raw, reply.raw, statusCode, code)
      },
    },
    listenTo(server) {
      server.on('checkExpectation', (request, response) => {
        respond(request, response, 417, 'expectation')
      })
      server.on('connect', (_request, socket) => {
        socket.on('error', () => socket.destroy())
        afterEarlierAnswers(socket, () => respondOnSocket(socket, 400, 'connect'))
      })
    },
  }
}

/** What was pipelined before a request is answered before it. */
function afterEarlierAnswers(
  socket: Duplex & { _httpMessage?: ServerResponse | null },
  respond: () => void,
): void {
  const pending = socket._httpMessage
  if (pending) pending.once('close', () => afterEarlierAnswers(socket, respond))
  else respond()
}
