import type { Variables } from '../normalize.ts'
import { isProviderName, PROVIDERS } from './providers.ts'

/** Adds what PROVIDER sets, and AUTH0_AUDIENCE by its other name. */
export function withDefaults(variables: Variables): Variables {
  const { PROVIDER = 'auth0', AUDIENCE } = variables
  return {
    ...(AUDIENCE !== undefined && { AUTH0_AUDIENCE: AUDIENCE }),
    ...(isProviderName(PROVIDER) && PROVIDERS[PROVIDER]),
    ...variables,
  }
}
