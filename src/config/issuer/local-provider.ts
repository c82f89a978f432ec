import { ConfigError } from '../config-error.ts'
import { type Environment, setting } from '../environment.ts'
import { isProviderName, PROVIDER_NAMES, type ProviderName } from './providers.ts'

/**
 * As which provider the local tenant issues tokens: that of the server (`PROVIDER`).
 *
 * @throws ConfigError
 */
export function localProvider(sources: readonly Environment[]): ProviderName {
  const name = setting(sources, 'PROVIDER', 'auth0').trim()
  if (isProviderName(name)) return name
  const expected = `one of ${PROVIDER_NAMES.join(', ')}`
  throw new ConfigError([{ problem: 'PROVIDER is invalid', expected }])
}
