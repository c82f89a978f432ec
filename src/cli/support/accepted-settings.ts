import { clientOriginOf } from '../../config/client-origin.ts'
import { loadConfig } from '../../config/load-config.ts'
import type { Description } from '../../management/provisioning/description.ts'

/** Valid values of the variables that are not from the description. */
const ENVIRONMENT = {
  AUTH0_DOMAIN: 'tenant.example',
  CLIENT_ORIGIN_URL: 'http://localhost:4040',
}

/**
 * Checks that the server starts with what a description leads to, before anything is changed.
 *
 * @throws Error if it does not
 */
export function checkServerAccepts({ api }: Description): void {
  try {
    loadConfig(ENVIRONMENT, { AUTH0_AUDIENCE: api.identifier })
  } catch (error) {
    const { message } = error as Error
    throw new Error(`The server would not start with this api → identifier. ${message}`)
  }
}

/** The web origins that the server accepts, and the others: Auth0 allows more wildcards. */
export function sortWebOrigins({ clients }: Description) {
  const origins = clients.browser?.web_origins ?? []
  return {
    accepted: origins.filter((origin) => clientOriginOf(origin) !== undefined),
    rejected: origins.filter((origin) => clientOriginOf(origin) === undefined),
  }
}
