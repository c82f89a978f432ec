import type { ConfigProblem } from './config-error.ts'
import { parsers } from './parsers.ts'
import type { Values, Variable } from './schema.ts'

/** The browser login is on when one of these is set, and then all of them are required. */
const BROWSER_LOGIN = ['AUTH0_CLIENT_ID', 'AUTH0_CLIENT_SECRET', 'SESSION_SECRET'] as const

/** In characters: an HMAC key for SHA-256 has 256 bits or more (RFC 7518 §3.2). */
const MIN_HMAC_SECRET_LENGTH = 32

type Rule = readonly [isBroken: boolean | undefined, problem: string, expected?: string]
type IsSet = (name: Variable) => boolean

/**
 * Cross-field validation: finds variables that are valid by themselves, but not together.
 *
 * @param values the validated values; an invalid variable has none
 * @param isSet whether a variable is set, valid or not
 */
export function validateCombinations(values: Partial<Values>, isSet: IsSet): ConfigProblem[] {
  const rules = [...serverRules(values, isSet), ...browserLoginRules(values, isSet)]
  return rules
    .filter(([isBroken]) => isBroken)
    .map(([, problem, expected]) => ({ problem, expected }))
}

function serverRules(values: Partial<Values>, isSet: IsSet): Rule[] {
  const tenant = parsers.tenant(values.AUTH0_DOMAIN ?? '')
  // Every comparison with NaN is false, so an invalid variable breaks no rule.
  const { KEYS_MAX_AGE = NaN, KEYS_STALE_IF_ERROR = NaN } = values
  const { DRAIN_TIME = NaN, SHUTDOWN_TIMEOUT = NaN } = values
  return [
    [
      values.NODE_ENV === 'production' && tenant?.issuer.startsWith('http:'),
      'AUTH0_DOMAIN is invalid',
      'an https domain in production',
    ],
    [
      values.ORGANIZATION_REQUIRED && !isSet('AUTH0_ORGANIZATIONS'),
      'AUTH0_ORGANIZATIONS is required when ORGANIZATION_REQUIRED is true',
    ],
    [KEYS_STALE_IF_ERROR < KEYS_MAX_AGE, 'KEYS_STALE_IF_ERROR is invalid', 'KEYS_MAX_AGE or more'],
    [DRAIN_TIME >= SHUTDOWN_TIMEOUT, 'DRAIN_TIME is invalid', 'less than SHUTDOWN_TIMEOUT'],
  ]
}

function browserLoginRules(values: Partial<Values>, isSet: IsSet): Rule[] {
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
        clientSecret !== undefined &&
        clientSecret.length < MIN_HMAC_SECRET_LENGTH,
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
