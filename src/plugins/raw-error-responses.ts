import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { FastifyServerOptions } from 'fastify'
import type { ErrorFormat } from '../http/error-format.ts'
import { reasonOf } from '../http/http-error.ts'
import type { CompletedRequest } from '../observability/request-log.ts'
import { corsHeaders } from './cors.ts'
import { commonHeaders } from './security-headers.ts'

/** How long a client may take to read the response to a malformed request. */
const CLOSE_DELAY_MS = 1_000

const STATUS_OF_PARSER_ERROR: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

export interface RawErrorResponses {
  /** Options for the Fastify constructor. */
  readonly options: Required<Pick<FastifyServerOptions, 'clientErrorHandler' | 'frameworkErrors'>>
  /** Adds the listeners for what Node does not pass on to Fastify. */
  addListeners(server: Server): void
}

/**
 * Answers the requests that reach no hook (malformed HTTP, undecodable URLs, `Expect`, `CONNECT`),
 * with the body and the headers of every other error.
 *
 * @param onRequestCompleted called for each response
 */
export function rawErrorResponses(
  clientOrigins: readonly string[],
  format: ErrorFormat,
  onRequestCompleted: (completed: CompletedRequest) => void,
): RawErrorResponses {
  function createResponse(status: number, refusal: string, origin?: string) {
    const requestId = randomUUID()
    const body = format.body(status)
    onRequestCompleted({ requestId, method: null, route: null, status, refusal })
    const headers = {
      ...commonHeaders(requestId),
      ...corsHeaders(origin, clientOrigins),
      'content-type': format.contentType,
      'content-length': String(Buffer.byteLength(body)),
      connection: 'close',
    }
    return { headers, body }
  }

  function sendResponse(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    refusal: string,
  ) {
    const { headers, body } = createResponse(status, refusal, request.headers.origin)
    response.writeHead(status, headers).end(body)
  }

  function writeToSocket(socket: Duplex, status: number, refusal: string) {
    const { headers, body } = createResponse(status, refusal)
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const date = `date: ${new Date().toUTCString()}\r\n`
    socket.end(`HTTP/1.1 ${status} ${reasonOf(status)}\r\n${date}${lines.join('')}\r\n${body}`)
    // If it were destroyed at once, it would be reset while the client still sends, and the client
    // would lose the response.
    setTimeout(() => socket.destroy(), CLOSE_DELAY_MS).unref()
  }

  // Node can emit `clientError` several times for one request:
  // https://github.com/nodejs/node/pull/51204
  const answered = new WeakSet<Socket>()

  return {
    options: {
      clientErrorHandler({ code }, socket) {
        if (answered.has(socket)) return
        if (!socket.writable) return void socket.destroy()
        answered.add(socket)
        const status = STATUS_OF_PARSER_ERROR[code] ?? 400
        afterPipelinedResponses(socket, () => writeToSocket(socket, status, code))
      },
      frameworkErrors({ code, statusCode = 400 }, request, reply) {
        reply.hijack()
        sendResponse(request.raw, reply.raw, statusCode, code)
      },
    },
    addListeners(server) {
      server.on('checkExpectation', (request, response) => {
        sendResponse(request, response, 417, 'expectation')
      })
      server.on('connect', (_request, socket) => {
        socket.on('error', () => socket.destroy())
        afterPipelinedResponses(socket, () => writeToSocket(socket, 400, 'connect'))
      })
    },
  }
}

/** Waits for the responses to earlier requests on the connection, since responses are in order. */
function afterPipelinedResponses(
  socket: Duplex & { _httpMessage?: ServerResponse | null },
  callback: () => void,
): void {
  const pending = socket._httpMessage
  if (pending) pending.once('close', () => afterPipelinedResponses(socket, callback))
  else callback()
}
