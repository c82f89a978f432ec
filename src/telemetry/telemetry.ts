import { context, DiagLogLevel, diag, trace } from '@opentelemetry/api'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import type { Logger } from 'pino'
import type { TelemetryConfig } from '../config/telemetry/exporter.ts'
import type { Service } from '../config/telemetry/service.ts'
import type { Tracing } from '../observability/trace-context.ts'
import { atMostEvery } from '../utils/at-most-every.ts'
import { settlesWithin } from '../utils/settles-within.ts'
import { traceOperations } from './operation-spans.ts'
import { RequestSpans } from './request-spans.ts'
import { RequestSampler } from './sampler.ts'

const REPORT_INTERVAL_MS = 60_000
/** For the last spans when the server ends. A collector that hangs must not delay each restart. */
const MAX_EXPORT_MS = 3_000

export interface TelemetryOptions {
  readonly config: TelemetryConfig
  readonly service: Service
  /** The host name by which clients reach the server, if it is known. */
  readonly serverAddress: string | undefined
  readonly log: Logger
}

/**
 * Starts traces (OpenTelemetry). Limits, batches and the exporter follow the standard variables, which the
 * packages read. The provider is the global one, so that spans of a product belong to the traces
 * of its requests.
 */
export function startTelemetry(options: TelemetryOptions): Tracing {
  const { config, service, serverAddress, log } = options
  diag.setLogger(diagnosticLogger(log), {
    logLevel: DiagLogLevel.WARN,
    suppressOverrideMessage: true,
  })
  const Exporter = config.protocol === 'http/json' ? JsonExporter : ProtobufExporter
  const attributes = { 'service.name': service.name, 'service.version': service.version }
  const sampler = new RequestSampler(config.sampler)
  const provider = new NodeTracerProvider({
    sampler,
    resource: defaultResource()
      .merge(resourceFromAttributes(attributes))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new Exporter())],
  })
  // Calls to other servers carry no trace: they are third parties.
  provider.register({ propagator: null })
  const tracer = provider.getTracer('messages-api', service.version)
  const spans = new RequestSpans({ tracer, sampler, serverAddress })
  const stop = traceOperations(tracer)
  return {
    plugin: spans.plugin,
    contextOf: (request) => spans.contextOf(request),
    async stop(timeout) {
      stop()
      // What fails is reported by the exporter.
      const ended = Promise.allSettled([provider.shutdown()])
      await settlesWithin(ended, Math.min(timeout, MAX_EXPORT_MS))
      trace.disable()
      context.disable()
      diag.disable()
    },
  }
}

/** Problems of the exporter, at most one a minute: an exporter that is down has one for each batch. */
function diagnosticLogger(log: Logger) {
  const report = atMostEvery(REPORT_INTERVAL_MS, (message: string, ...details: unknown[]) =>
    log.warn({ event: 'telemetry_problem', message, details }, 'Traces have a problem'),
  )
  return { error: report, warn: report, info: report, debug: report, verbose: report }
}
