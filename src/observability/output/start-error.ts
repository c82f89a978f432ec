import { ConfigError } from '../../config/config-error.ts'
import { describeSources, type Environment, setting } from '../../config/environment.ts'
import { parsers } from '../../config/parsers.ts'
import { serviceOf } from '../../config/telemetry/service.ts'
import { visibleLines } from '../../utils/visible-text.ts'
import { createLogger } from '../logger.ts'
import { redactText } from '../redaction/redact-text.ts'

/**
 * Describes why the server did not start.
 *
 * @param isTerminal whether a person reads it; programs get a line of the log
 */
export function describeStartError(
  error: Error,
  sources: readonly Environment[],
  isTerminal: boolean | undefined,
): string {
  const message = visibleLines(redactText(error.message))
  const isConfigError = error instanceof ConfigError
  if (isTerminal) return `${message}${isConfigError ? `\n${describeSources()}` : ''}\n`
  let text = ''
  const destination = {
    write(line: string) {
      text += line
    },
  }
  const logger = createLogger('fatal', destination, loggerOptions(sources))
  const members = isConfigError
    ? { event: 'config_invalid', problems: error.problems, sources: describeSources() }
    : { event: 'start_failed' }
  logger.fatal(members, message)
  return text
}

/** The variables may be invalid, and the line is written nevertheless. */
function loggerOptions(sources: readonly Environment[]) {
  const format = setting(sources, 'LOG_FORMAT', 'json')
  const name = setting(sources, 'OTEL_SERVICE_NAME', '')
  const attributes = setting(sources, 'OTEL_RESOURCE_ATTRIBUTES', '')
  return {
    service: serviceOf(name === '' ? undefined : name, parsers.resourceAttributes(attributes)),
    logFormat: format === 'ecs' || format === 'otel' ? format : 'json',
  } as const
}
