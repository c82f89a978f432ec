import { ConfigError } from '../../config/config-error.ts'
import { type Environment, setting } from '../../config/environment.ts'

export type LogFormat = 'pretty' | 'json'

/**
 * The form of the log of `npm run dev` (`LOG_FORMAT`). The server does not know this variable: it writes
 * JSON.
 *
 * @param isTerminal whether a person reads the output
 * @throws ConfigError
 */
export function logFormat(sources: readonly Environment[], isTerminal: boolean): LogFormat {
  const format = setting(sources, 'LOG_FORMAT', isTerminal ? 'pretty' : 'json')
  if (format === 'pretty' || format === 'json') return format
  throw new ConfigError([{ problem: 'LOG_FORMAT is invalid', expected: 'pretty or json' }])
}
