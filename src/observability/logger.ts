import pino, { type DestinationStream, type Logger } from 'pino'
import { BatchedOutput } from './log-destination.ts'
import { redact } from './redaction.ts'
import { describeReply, describeRequest } from './request-log.ts'

/**
 * Creates the structured log: one JSON object a line, without secrets.
 *
 * @param destination standard output by default, written in batches at least ten times a second
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { req: describeRequest, res: describeReply },
      hooks: { streamWrite: redact },
    },
    destination ?? new BatchedOutput(),
  )
}
