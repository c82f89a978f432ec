import { assertDefined } from '../utils/assert-defined.ts'
import { readers } from './readers.ts'

/** What turns the browser login on: all three or none. */
const SWITCH = ['AUTH0_CLIENT_ID', 'AUTH0_CLIENT_SECRET', 'SESSION_SECRET'] as const

/** HMAC keys under 256 bits are not keys (RFC 7518 §3.2). */
const MIN_HMAC_SECRET = 32

/** What the schema makes of the variables that the browser login takes. */
export interface BrowserLoginValues {
  readonly AUTH0_CLIENT_ID?: string
  readonly AUTH0_CLIENT_SECRET?: string
  readonly SESSION_SECRET?: string
  readonly ID_TOKEN_ALG: 'RS256' | 'HS256'
  readonly APP_BASE_URL?: string
  readonly SESSION_STORE?: 'memory' | 'redis'
  readonly REDIS_URL?: string
  readonly SESSION_IDLE_TIMEOUT: number
  readonly SESSION_MAX_AGE: number
  readonly LOGIN_MAX_AGE?: number
  readonly FEDERATED_APIS?: string
  readonly PORT: number
}

/** How the browser login is set; undefined where it is off. */
export type BrowserLoginConfig = NonNullable<ReturnType<typeof browserLoginOf>>

export function browserLoginOf(values: BrowserLoginValues) {
  const { AUTH0_CLIENT_ID: clientId, AUTH0_CLIENT_SECRET: clientSecret } = values
  const { SESSION_SECRET: secrets } = values
  if (clientId === undefined || clientSecret === undefined || secrets === undefined) {
    return undefined
  }
  const { REDIS_URL: redisUrl, SESSION_STORE: store } = values
  return {
    clientId,
    clientSecret,
    idTokenAlgorithm: values.ID_TOKEN_ALG,
    /** The newest first: it seals, and all of them open. */
    sessionSecrets: assertDefined(readers.secrets(secrets), 'SESSION_SECRET'),
    /** Without a slash. */
    baseUrl: values.APP_BASE_URL ?? `http://localhost:${values.PORT}`,
    /** Undefined where sessions are kept in memory. */
    redisUrl: store === 'memory' ? undefined : redisUrl,
    /** In milliseconds, as the next one is. */
    idleTimeout: values.SESSION_IDLE_TIMEOUT * 1000,
    maxAge: values.SESSION_MAX_AGE * 1000,
    /** In seconds, as `max_age` is. */
    loginMaxAge: values.LOGIN_MAX_AGE,
    /** The URL that is called for each connection. */
    federatedApis: readers.apis(values.FEDERATED_APIS ?? '') ?? new Map<string, string>(),
  }
}

/** What the variables of the browser login do not allow one another. */
export function browserLoginContradictions(
  data: Readonly<Record<string, string | undefined>>,
): string[] {
  const set = SWITCH.filter((name) => data[name] !== undefined)
  const [first] = set
  if (first === undefined) return []
  const problems = SWITCH.filter((name) => data[name] === undefined).map(
    (name) => `${name} is missing: expected, since ${first} is set`,
  )
  const production = data['NODE_ENV'] === 'production'
  const { APP_BASE_URL: url = '', SESSION_STORE: store, REDIS_URL: redis } = data
  const say = (wrong: boolean, problem: string) => wrong && problems.push(problem)
  say(production && url === '', 'APP_BASE_URL is missing: expected in production')
  say(production && url.startsWith('http:'), 'APP_BASE_URL is wrong: expected https in production')
  say(
    url.startsWith('https:') && data['TRUST_PROXY'] === undefined,
    'TRUST_PROXY is missing: expected, since APP_BASE_URL is https and a proxy has to say so',
  )
  say(
    production && store === undefined && redis === undefined,
    'REDIS_URL is missing: expected in production, or SESSION_STORE=memory for a single server',
  )
  say(
    store === 'redis' && redis === undefined,
    'REDIS_URL is missing: expected, since SESSION_STORE is redis',
  )
  say(
    data['ID_TOKEN_ALG'] === 'HS256' &&
      (data['AUTH0_CLIENT_SECRET'] ?? '').length < MIN_HMAC_SECRET,
    'AUTH0_CLIENT_SECRET is wrong: expected 32 characters or more, since ID_TOKEN_ALG is HS256',
  )
  say(
    Number(data['SESSION_IDLE_TIMEOUT'] ?? 86_400) > Number(data['SESSION_MAX_AGE'] ?? 604_800),
    'SESSION_IDLE_TIMEOUT is wrong: expected SESSION_MAX_AGE or less',
  )
  return problems
}
