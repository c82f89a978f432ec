import pino, { type DestinationStream, type Logger } from 'pino'
import { BatchedOutput } from './log-destination.ts'
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
 * @param destination standard output by default, written in batches at least ten times a second
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers,
      formatters: { log: (line) => redactMembers(line, SERIALIZED) },
      hooks: { streamWrite: redactLine },
    },
    destination ?? new BatchedOutput(),
  )
}
