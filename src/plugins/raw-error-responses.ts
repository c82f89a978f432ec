import { randomUUID } from 'node:crypto'
import {
  type IncomingMessage,
  METHODS,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyServerOptions } from 'fastify'
import type { CreateErrorResponse } from '../http/error-response.ts'
import { reasonOf } from '../http/http-error.ts'
import { readUpgradesAsRequests } from '../http/ignored-upgrade.ts'
import { inOrder } from '../http/in-order.ts'
import { handleNoMore, isLingering, linger } from '../http/linger.ts'
import type { CompletedRequest } from '../observability/request-log.ts'

/** Node's parser also accepts the methods of RTSP, and Fastify has no hooks for them. */
const HTTP_METHODS: ReadonlySet<string | undefined> = new Set(METHODS)

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

export interface RawErrorResponsesOptions {
  readonly errorResponse: CreateErrorResponse
  /** How long a client has to read the response and to close the connection, in milliseconds. */
  readonly lingerTime: number
  /** Called for each response. */
  readonly onRequestCompleted: (completed: CompletedRequest, request?: IncomingMessage) => void
}

/**
 * Answers the requests that reach no hook: malformed HTTP, undecodable URLs, `Expect`, `CONNECT`, methods
 * of other protocols, and bodies that are malformed or do not arrive in time. The response has the body
 * and the headers of every other error.
 */
export function rawErrorResponses({
  errorResponse,
  lingerTime,
  onRequestCompleted,
}: RawErrorResponsesOptions): RawErrorResponses {
  function createResponse(status: number, refusal: string, request?: IncomingMessage) {
    const requestId = randomUUID()
    onRequestCompleted(
      { event: 'request', requestId, method: null, route: null, status, refusal },
      request,
    )
    const { headers, body } = errorResponse(status, requestId, request?.headers.origin)
    return { headers: { ...headers, connection: 'close' }, body }
  }

  function sendResponse(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    refusal: string,
  ) {
    const { headers, body } = createResponse(status, refusal, request)
    handleNoMore(request.socket)
    response.writeHead(status, headers).end(body)
  }

  function writeToSocket(
    socket: Socket,
    status: number,
    refusal: string,
    request?: IncomingMessage,
  ) {
    const { headers, body } = createResponse(status, refusal, request)
    const content = request?.method === 'HEAD' ? '' : body
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const date = `date: ${new Date().toUTCString()}\r\n`
    socket.write(`HTTP/1.1 ${status} ${reasonOf(status)}\r\n${date}${lines.join('')}\r\n${content}`)
    linger(socket, lingerTime)
  }

  // Node can emit `clientError` several times for one request:
  // https://github.com/nodejs/node/pull/51204
  const answered = new WeakSet<Socket>()

  return {
    options: {
      clientErrorHandler({ code }, socket) {
        if (answered.has(socket) || isLingering(socket)) return
        if (!socket.writable) return void socket.destroy()
        answered.add(socket)
        const status = STATUS_OF_PARSER_ERROR[code] ?? 400
        inOrder(socket, (request) => writeToSocket(socket, status, code, request))
      },
      frameworkErrors({ code, statusCode = 400 }, request, reply) {
        reply.hijack()
        sendResponse(request.raw, reply.raw, statusCode, code)
      },
    },
    addListeners(server) {
      const [handle] = server.listeners('request') as [RequestListener]
      server.removeAllListeners('request').on('request', (request, response) => {
        if (HTTP_METHODS.has(request.method)) handle(request, response)
        else sendResponse(request, response, 400, 'method')
      })
      server.on('checkExpectation', (request, response) => {
        sendResponse(request, response, 417, 'expectation')
      })
      server.on('connect', (_request, duplex) => {
        const socket = duplex as Socket
        socket.on('error', () => socket.destroy())
        inOrder(socket, () => writeToSocket(socket, 400, 'connect'))
      })
      readUpgradesAsRequests(server)
    },
  }
}
