import type { Logger } from 'pino'
import { ConfigError } from '../../config/config-error.ts'
import { atMostEvery } from '../../utils/at-most-every.ts'
import { openForLines } from './file-writer.ts'
import { LogOutput } from './log-destination.ts'

const REPORT_INTERVAL_MS = 60_000

export interface AuditOutputOptions {
  /** Undefined if audit lines are in the log. */
  readonly auditLogFile: string | undefined
}

/**
 * Opens the destination of the audit lines, if they have one of their own. While it cannot be written, the
 * log says so, and the server continues.
 *
 * @throws ConfigError if it cannot be opened
 */
export function openAuditOutput(
  { auditLogFile: path }: AuditOutputOptions,
  log: Pick<Logger, 'error'>,
): LogOutput | undefined {
  if (path === undefined) return undefined
  try {
    const output = new LogOutput(() => openForLines(path))
    const report = atMostEvery(REPORT_INTERVAL_MS, (code: string) =>
      log.error({ event: 'audit_log_failed', code }, 'The audit log cannot be written'),
    )
    output.on('failed', report)
    output.on('recovered', (count) => {
      log.error({ event: 'audit_lines_dropped', count }, 'Audit lines were dropped')
    })
    return output
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigError([{ problem: `AUDIT_LOG cannot be opened (${code})` }])
  }
}
