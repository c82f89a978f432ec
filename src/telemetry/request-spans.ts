import type { IncomingMessage } from 'node:http'
import {
  type Context,
  context,
  createTraceState,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import {
  type ProxyHeaders,
  parseTraceparent,
  type TraceIds,
} from '../observability/trace-context.ts'
import type { RequestSampler } from './sampler.ts'

/** W3C Trace Context, §3.3.1.1: what vendors should at least propagate. */
const MAX_TRACESTATE_LENGTH = 512

export interface RequestSpansOptions {
  readonly tracer: Tracer
  readonly sampler: RequestSampler
  readonly serverAddress: string | undefined
}

/**
 * One SERVER span for each request, by OpenTelemetry's HTTP conventions. It has the pattern of the route, and
 * nothing of a path, a query, a header or a token. Health routes have none.
 */
export class RequestSpans {
  readonly #options: RequestSpansOptions
  readonly #spans = new WeakMap<IncomingMessage, Span>()

  constructor(options: RequestSpansOptions) {
    this.#options = options
  }

  /** The ids of the span of a request, if it is recorded. */
  contextOf(request: IncomingMessage): TraceIds | undefined {
    const { traceId, spanId } = this.#spans.get(request)?.spanContext() ?? {}
    return traceId === undefined || spanId === undefined ? undefined : { traceId, spanId }
  }

  /** It has to be the first plugin, so that the span covers the others. */
  readonly plugin = fp(
    async (app, { proxyHeaders }: { readonly proxyHeaders: ProxyHeaders }) => {
      app.addHook('onRequest', (request, reply, done) => {
        if (request.routeOptions.config.vital) return done()
        const span = this.#start(request, proxyHeaders)
        if (!span?.isRecording()) return done()
        this.#spans.set(request.raw, span)
        this.#describe(span, request, reply)
        context.with(trace.setSpan(ROOT_CONTEXT, span), done)
      })
      // Events of the connection, by which a body arrives, do not have the context of the request.
      app.addHook('preValidation', (request, _reply, done) => {
        const span = this.#spans.get(request.raw)
        if (span === undefined) return done()
        context.with(trace.setSpan(ROOT_CONTEXT, span), done)
      })
    },
    { name: 'request-spans' },
  )

  #start(
    { raw, method, routeOptions: { url } }: FastifyRequest,
    proxyHeaders: ProxyHeaders,
  ): Span | undefined {
    const { tracer, sampler } = this.#options
    const { parent = sampler.startTrace(), links } = callerOf(raw, proxyHeaders)
    if (parent === undefined) return undefined
    const name = url === undefined ? method : `${method} ${url}`
    return tracer.startSpan(name, { kind: SpanKind.SERVER, links }, parent)
  }

  #describe(span: Span, request: FastifyRequest, { raw: response }: FastifyReply): void {
    const { id, method, protocol, routeOptions, raw } = request
    const { serverAddress } = this.#options
    span.setAttributes({
      'http.request.method': method,
      ...(routeOptions.url !== undefined && { 'http.route': routeOptions.url }),
      'url.scheme': protocol === 'https' ? 'https' : 'http',
      'network.protocol.version': raw.httpVersion,
      ...(serverAddress !== undefined && { 'server.address': serverAddress }),
      'messages.request_id': id,
    })
    response.once('close', () => {
      endSpan(span, request, response.writableFinished ? response.statusCode : undefined)
    })
  }
}

/** @param status undefined if the client closed the connection before the response was sent */
function endSpan(span: Span, { refusal }: FastifyRequest, status: number | undefined): void {
  if (refusal !== undefined) span.setAttribute('messages.refusal', refusal)
  if (status === undefined) span.setAttribute('error.type', 'connection_closed')
  else span.setAttribute('http.response.status_code', status)
  if (status !== undefined && status >= 500) {
    span.setAttribute('error.type', String(status))
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}

/**
 * The trace that a request belongs to, if any. A trusted proxy decides about it. Others could fill the trace
 * store, so they only get a link.
 */
function callerOf(
  request: IncomingMessage,
  proxyHeaders: ProxyHeaders,
): { parent?: Context; links: Link[] } {
  const { traceparent, tracestate } = request.headers
  const caller = traceparent === undefined ? undefined : parseTraceparent(traceparent)
  if (caller === undefined) return { links: [] }
  const { flags: traceFlags, ...ids } = caller
  const remote: SpanContext = { ...ids, traceFlags, isRemote: true }
  if (!proxyHeaders.isFromProxy(request)) {
    return { links: [{ context: remote }] }
  }
  const hasState = typeof tracestate === 'string' && tracestate.length <= MAX_TRACESTATE_LENGTH
  const traceState = hasState ? createTraceState(tracestate) : undefined
  const spanContext = traceState === undefined ? remote : { ...remote, traceState }
  return { parent: trace.setSpanContext(ROOT_CONTEXT, spanContext), links: [] }
}
