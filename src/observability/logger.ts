import pino, { type DestinationStream, type Logger, type LoggerOptions as PinoOptions } from 'pino'
import type { Service } from '../config/telemetry/service.ts'
import { LogOutput } from './output/log-destination.ts'
import { type LogFormat, lineFormatter } from './output/log-format.ts'
import { redactLine, redactMembers, redactValue } from './redaction/redact-value.ts'
import { describeReply, describeRequest } from './request-log.ts'

/** For the objects of Fastify, which would otherwise be logged whole. */
const serializers = {
  req: describeRequest,
  res: describeReply,
  err: (error: Error) => redactValue(pino.stdSerializers.err(error)),
  msg: redactValue,
}
const SERIALIZED = new Set(Object.keys(serializers))

export interface LoggerOptions {
  /** In each line; no line has it by default. */
  readonly service?: Service
  readonly logFormat?: LogFormat
  /** Further members of each line. They identify the process if there are several. */
  readonly base?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Creates the structured log: one JSON object a line, without secrets. Values are redacted before they
 * are serialized, and each finished line is searched again. Each line has an `event`.
 *
 * @param destination standard output by default
 */
export function createLogger(
  level: string,
  destination: DestinationStream = new LogOutput(),
  options: LoggerOptions = {},
): Logger {
  const format = lineFormatter(options.logFormat)
  const logger = pino(
    {
      ...commonOptions(level, options),
      serializers,
      formatters: { log: (line) => redactMembers(line, SERIALIZED) },
      hooks: {
        streamWrite: (line) => {
          const finished = withEvent(redactLine(line))
          return format === undefined ? finished : format(finished)
        },
      },
    },
    destination,
  )
  if (destination instanceof LogOutput) {
    destination.on('recovered', (count) => {
      logger.error({ event: 'log_lines_dropped', count }, 'Log lines were dropped')
    })
  }
  return logger
}

/**
 * Creates a logger for lines whose texts come from fixed sets, and which have an `event`. They are not searched for
 * secrets, so that a line takes less than half of the time.
 */
export function createRequestLogger(
  level: string,
  destination: DestinationStream,
  options: LoggerOptions = {},
): Logger {
  const format = lineFormatter(options.logFormat)
  const hooks = format === undefined ? {} : { streamWrite: format }
  return pino({ ...commonOptions(level, options), hooks }, destination)
}

function commonOptions(level: string, { service, base }: LoggerOptions): PinoOptions {
  return { level, base: baseOf(service, base), timestamp: isoTime }
}

let millisecond = 0
let time = ''

/** As `pino.stdTimeFunctions.isoTime`, but each millisecond is formatted once. */
function isoTime(): string {
  const now = Date.now()
  if (now !== millisecond) {
    millisecond = now
    time = `,"time":"${new Date(now).toISOString()}"`
  }
  return time
}

/** The event of lines that have none: those of Fastify, and of products that do not set one. */
const DEFAULT_EVENT = ',"event":"message"}\n'

/** @param line JSON, in which quotation marks of texts are escaped */
function withEvent(line: string): string {
  return line.includes('"event":') ? line : line.slice(0, line.lastIndexOf('}')) + DEFAULT_EVENT
}

function baseOf(service: Service | undefined, base: LoggerOptions['base']) {
  if (service === undefined && base === undefined) return null
  return { ...(service && { service: service.name, version: service.version }), ...base }
}
