import { assertDefined } from '../utils/assert-defined.ts'
import { parsers } from './parsers.ts'
import type { Values } from './schema.ts'

/** The configuration of the browser login. */
export type BrowserLoginConfig = NonNullable<ReturnType<typeof createBrowserLoginConfig>>

/** @returns undefined if the browser login is off */
export function createBrowserLoginConfig(values: Values) {
  const { AUTH0_CLIENT_ID: clientId, AUTH0_CLIENT_SECRET: clientSecret } = values
  const { SESSION_SECRET: secrets } = values
  if (clientId === undefined || clientSecret === undefined || secrets === undefined) {
    return undefined
  }
  const { REDIS_URL: redisUrl, SESSION_STORE: store } = values
  /** Without a slash at the end. */
  const baseUrl = values.APP_BASE_URL ?? `http://localhost:${values.PORT}`
  return {
    clientId,
    /** One, or two while it is rotated. */
    clientSecrets: assertDefined(parsers.clientSecrets(clientSecret), 'AUTH0_CLIENT_SECRET'),
    idTokenAlgorithm: values.ID_TOKEN_ALG,
    /** The newest first: it encrypts, and all of them decrypt. */
    sessionSecrets: assertDefined(parsers.secrets(secrets), 'SESSION_SECRET'),
    baseUrl,
    cookieName: cookieName(values.SESSION_COOKIE_NAME, new URL(baseUrl)),
    /** Undefined if sessions are kept in memory. */
    redisUrl: store === 'memory' ? undefined : redisUrl,
    /** In milliseconds. */
    idleTimeout: values.SESSION_IDLE_TIMEOUT * 1000,
    /** In milliseconds. */
    maxAge: values.SESSION_MAX_AGE * 1000,
    /** In seconds, like the `max_age` parameter. */
    loginMaxAge: values.LOGIN_MAX_AGE,
    /** The URL of the API behind each connection. */
    federatedApis: parsers.apis(values.FEDERATED_APIS ?? '') ?? new Map<string, string>(),
  }
}

/**
 * Over https, the prefix keeps other hosts from setting the cookie (RFC 6265bis §4.1.3.2). Over http,
 * servers on other ports of the host get and set the same cookies, so that the name has the port.
 */
function cookieName(name: string, { protocol, port }: URL): string {
  return protocol === 'https:' ? `__Host-${name}` : `${name}-${port || '80'}`
}
