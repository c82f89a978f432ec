import { ConfigError } from '../../config/config-error.ts'
import { type Environment, setting } from '../../config/environment.ts'

const FORMATS = ['pretty', 'json', 'ecs', 'otel'] as const

export type LogFormat = (typeof FORMATS)[number]

/**
 * The form of the log of `npm run dev` (`LOG_FORMAT`). The server itself writes JSON if it is `pretty`.
 *
 * @param isTerminal whether a person reads the output
 * @throws ConfigError
 */
export function logFormat(sources: readonly Environment[], isTerminal: boolean): LogFormat {
  const text = setting(sources, 'LOG_FORMAT', isTerminal ? 'pretty' : 'json')
  const format = FORMATS.find((known) => known === text)
  if (format !== undefined) return format
  throw new ConfigError([
    { problem: 'LOG_FORMAT is invalid', expected: 'pretty, json, ecs or otel' },
  ])
}
