import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyPluginAsync } from 'fastify'
import { trustedProxies } from '../http/trusted-proxies.ts'
import { redactText } from './redaction/redact-text.ts'

/** Which span of which trace something belongs to (https://www.w3.org/TR/trace-context/). */
export interface TraceIds {
  /** 32 hexadecimal digits, in lower case. */
  readonly traceId: string
  /** 16 hexadecimal digits, in lower case. */
  readonly spanId: string
}

export interface TraceParent extends TraceIds {
  /** 1 if the caller records the trace. */
  readonly flags: number
}

/** Traces of requests, where they are on. */
export interface Tracing {
  /** Has to be the first plugin. */
  readonly plugin: FastifyPluginAsync<{ readonly proxyHeaders: ProxyHeaders }>
  /** The span of a request, if it is recorded. */
  contextOf(request: IncomingMessage): TraceIds | undefined
  /**
   * Exports what is left.
   *
   * @param timeout in milliseconds; what is not exported by then is lost
   */
  stop(timeout: number): Promise<void>
}

/** What trusted proxies say about a request, for the log. */
export interface ProxyContext extends Partial<TraceIds> {
  /** The proxy's own name for the request. */
  readonly proxyRequestId?: string
}

const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/
/** Letters, digits and the marks that ids of proxies have, such as `Root=1-67891233-abcdef`. */
const REQUEST_ID = /^[\w.:;=+/@-]{1,128}$/

/** Parses `traceparent`; undefined if it is malformed. Versions after 00 may have further fields. */
export function parseTraceparent(text: unknown): TraceParent | undefined {
  if (typeof text !== 'string' || text.length > 512) return undefined
  const [, version, traceId = '', spanId = '', flags = '', rest] = TRACEPARENT.exec(text) ?? []
  if (version === undefined || version === 'ff') return undefined
  if (version === '00' && rest !== undefined) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, flags: Number.parseInt(flags, 16) & 1 }
}

/**
 * Reads what proxies say about requests, if the direct peer is a trusted one. Other peers could choose the
 * ids in our log.
 */
export class ProxyHeaders {
  readonly #isTrusted: ((address: string, hop: number) => boolean) | false
  readonly #requestIdHeader: string
  /** By connection, since the addresses of peers do not change. */
  readonly #peers = new WeakMap<Socket, boolean>()

  /** @param requestIdHeader the name of the header with the proxy's request id */
  constructor(proxies: readonly string[] | false, requestIdHeader: string) {
    this.#isTrusted = trustedProxies(proxies)
    this.#requestIdHeader = requestIdHeader.toLowerCase()
  }

  isFromProxy({ socket }: IncomingMessage): boolean {
    if (this.#isTrusted === false) return false
    const known = this.#peers.get(socket)
    if (known !== undefined) return known
    const isTrusted = this.#isTrusted(String(socket.remoteAddress), 0)
    this.#peers.set(socket, isTrusted)
    return isTrusted
  }

  /** For the log; undefined if there is nothing. */
  contextOf(request: IncomingMessage): ProxyContext | undefined {
    if (!this.isFromProxy(request)) return undefined
    const parent = parseTraceparent(request.headers['traceparent'])
    const id = request.headers[this.#requestIdHeader]
    return {
      ...(parent && { traceId: parent.traceId, spanId: parent.spanId }),
      ...(typeof id === 'string' && REQUEST_ID.test(id) && { proxyRequestId: redactText(id) }),
    }
  }
}

/**
 * What the log says about the context of a request: its own span if it is recorded, and otherwise that of a
 * trusted proxy.
 */
export function contextReader(proxyHeaders: ProxyHeaders, tracing: Tracing | undefined) {
  return (request: IncomingMessage): ProxyContext | undefined => {
    const ofProxy = proxyHeaders.contextOf(request)
    const ofSpan = tracing?.contextOf(request)
    return ofSpan === undefined ? ofProxy : { ...ofProxy, ...ofSpan }
  }
}
