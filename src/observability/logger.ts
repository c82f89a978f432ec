import pino, { type DestinationStream, type Logger } from 'pino'
import { LogOutput } from './log-destination.ts'
import { redactLine, redactMembers, redactValue } from './redact-value.ts'
import { describeReply, describeRequest } from './request-log.ts'

/** For the objects of Fastify, which would otherwise be logged whole. */
const serializers = {
  req: describeRequest,
  res: describeReply,
  err: (error: Error) => redactValue(pino.stdSerializers.err(error)),
  msg: redactValue,
}
const SERIALIZED = new Set(Object.keys(serializers))

/**
 * Creates the structured log: one JSON object a line, without secrets. Values are redacted before they
 * are serialized, and each finished line is searched again.
 *
 * @param destination standard output by default
 * @param base members of each line; they identify the process if there are several
 */
export function createLogger(
  level: string,
  destination: DestinationStream = new LogOutput(),
  base: Readonly<Record<string, unknown>> | null = null,
): Logger {
  const logger = pino(
    {
      level,
      base,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers,
      formatters: { log: (line) => redactMembers(line, SERIALIZED) },
      hooks: { streamWrite: redactLine },
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
