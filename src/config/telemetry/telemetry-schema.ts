const endpoint = {
  type: 'string',
  format: 'endpoint',
  description: 'an http(s) URL, such as http://localhost:4318',
} as const
const protocol = {
  type: 'string',
  enum: ['http/protobuf', 'http/json'],
  description: 'http/protobuf or http/json',
} as const

/** The standard variables of OpenTelemetry that decide whether there are traces, and which. */
export const telemetryProperties = {
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocol,
  OTEL_SDK_DISABLED: { type: 'boolean', description: 'true or false' },
  OTEL_TRACES_EXPORTER: { type: 'string', enum: ['otlp', 'none'], description: 'otlp or none' },
  OTEL_TRACES_SAMPLER: {
    type: 'string',
    enum: [
      ...['always_on', 'always_off', 'traceidratio'],
      ...['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'],
    ],
    description: 'always_on, always_off or traceidratio, also after parentbased_',
  },
  OTEL_TRACES_SAMPLER_ARG: {
    type: 'number',
    minimum: 0,
    maximum: 1,
    description: 'a number from 0 to 1',
  },
} as const
