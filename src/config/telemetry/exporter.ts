import type { Environment } from '../environment.ts'
import type { Values } from '../schema.ts'

/** How traces are exported. */
export interface TelemetryConfig {
  readonly protocol: 'http/protobuf' | 'http/json'
  readonly sampler: SamplerConfig
}

/** Which spans are recorded, by `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`. */
export interface SamplerConfig {
  /** The share of the traces that begin here, from 0 to 1. */
  readonly ratio: number
  /** Whether the caller decides about a trace that it has begun. If not, the ratio holds for it too. */
  readonly isParentBased: boolean
}

/** Undefined if there are no traces: without an endpoint, or where a standard variable turns them off. */
export function telemetryConfig(values: Values): TelemetryConfig | undefined {
  const endpoint = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? values.OTEL_EXPORTER_OTLP_ENDPOINT
  const isOff = values.OTEL_SDK_DISABLED || values.OTEL_TRACES_EXPORTER === 'none'
  if (endpoint === undefined || isOff) return undefined
  const protocol = values.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? values.OTEL_EXPORTER_OTLP_PROTOCOL
  return { protocol: protocol ?? 'http/protobuf', sampler: samplerConfig(values) }
}

function samplerConfig(values: Values): SamplerConfig {
  const { OTEL_TRACES_SAMPLER: name = 'parentbased_always_on', OTEL_TRACES_SAMPLER_ARG = 1 } =
    values
  const isParentBased = name.startsWith('parentbased_')
  if (name.endsWith('ratio')) return { ratio: OTEL_TRACES_SAMPLER_ARG, isParentBased }
  return { ratio: name.endsWith('always_off') ? 0 : 1, isParentBased }
}

/** The packages of OpenTelemetry read the environment of the process, which has nothing of `.env`. */
export function exportVariables(sources: readonly Environment[]): void {
  for (const [name, value = ''] of sources.flatMap((source) => Object.entries(source))) {
    if (name.startsWith('OTEL_') && value !== '') process.env[name] = value
  }
}
