import type { Environment } from '../environment.ts'
import type { Values } from '../schema.ts'

/** How traces are exported. */
export interface TelemetryConfig {
  readonly protocol: 'http/protobuf' | 'http/json'
  /** Whether requests that belong to no trace yet can be sampled. */
  readonly samplesRoots: boolean
}

/** Undefined if there are no traces: without an endpoint, or where a standard variable turns them off. */
export function telemetryConfig(values: Values): TelemetryConfig | undefined {
  const endpoint = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? values.OTEL_EXPORTER_OTLP_ENDPOINT
  const isOff = values.OTEL_SDK_DISABLED || values.OTEL_TRACES_EXPORTER === 'none'
  if (endpoint === undefined || isOff) return undefined
  const protocol = values.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? values.OTEL_EXPORTER_OTLP_PROTOCOL
  return { protocol: protocol ?? 'http/protobuf', samplesRoots: samplesRoots(values) }
}

function samplesRoots(values: Values): boolean {
  const { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: ratio } = values
  const isOff = sampler?.endsWith('always_off') || (sampler?.endsWith('ratio') && ratio === 0)
  return !isOff
}

/** The packages of OpenTelemetry read the environment of the process, which has nothing of `.env`. */
export function exportVariables(sources: readonly Environment[]): void {
  for (const [name, value = ''] of sources.flatMap((source) => Object.entries(source))) {
    if (name.startsWith('OTEL_') && value !== '') process.env[name] = value
  }
}
