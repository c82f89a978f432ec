import { parsers } from './parsers.ts'
import { type IsSet, portRule, type Rule } from './rule.ts'
import type { Values } from './schema.ts'

/** The browser login is on when one of these is set, and then all of them are required. */
const BROWSER_LOGIN = ['AUTH0_CLIENT_ID', 'AUTH0_CLIENT_SECRET', 'SESSION_SECRET'] as const

/** In characters: an HMAC key for SHA-256 has 256 bits or more (RFC 7518 §3.2). */
const MIN_HMAC_SECRET_LENGTH = 32

/** Cross-field validation of the variables of the browser login. */
export function browserLoginRules(values: Partial<Values>, isSet: IsSet): Rule[] {
  const first = BROWSER_LOGIN.find(isSet)
  if (first === undefined) return []
  const production = values.NODE_ENV === 'production'
  const { APP_BASE_URL: url, AUTH0_CLIENT_SECRET: clientSecret } = values
  const { SESSION_IDLE_TIMEOUT = NaN, SESSION_MAX_AGE = NaN } = values
  return [
    ...BROWSER_LOGIN.map(
      (name) => [!isSet(name), `${name} is required when ${first} is set`] as const,
    ),
    [production && !isSet('APP_BASE_URL'), 'APP_BASE_URL is required in production'],
    [production && url?.startsWith('http:'), 'APP_BASE_URL is invalid', 'https in production'],
    portRule(values, 'FEDERATED_APIS'),
    portRule(values, 'APP_BASE_URL'),
    [
      url?.startsWith('https:') && !isSet('TRUST_PROXY'),
      'TRUST_PROXY is required when APP_BASE_URL is https: the proxy reports the scheme',
    ],
    [
      production && !isSet('SESSION_STORE') && !isSet('REDIS_URL'),
      'REDIS_URL is required in production, or SESSION_STORE=memory for a single server',
    ],
    [
      values.SESSION_STORE === 'redis' && !isSet('REDIS_URL'),
      'REDIS_URL is required when SESSION_STORE is redis',
    ],
    [
      values.ID_TOKEN_ALG === 'HS256' &&
        parsers
          .clientSecrets(clientSecret ?? '')
          ?.some((secret) => secret.length < MIN_HMAC_SECRET_LENGTH),
      'AUTH0_CLIENT_SECRET is invalid',
      '32 characters or more when ID_TOKEN_ALG is HS256',
    ],
    [
      SESSION_IDLE_TIMEOUT > SESSION_MAX_AGE,
      'SESSION_IDLE_TIMEOUT is invalid',
      'SESSION_MAX_AGE or less',
    ],
  ]
}
