import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import fastifyEnv from '@fastify/env'
import fastify from 'fastify'
import { assertDefined } from '../utils/assert-defined.ts'
import { browserLoginContradictions, browserLoginOf } from './browser-login.ts'
import { readers } from './readers.ts'
import { schema, type Values, type Variable } from './schema.ts'

/** Environment variables as a process or an `.env` file has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Everything that the server is told from outside, judged and ready for use. */
export type Config = ReturnType<typeof configOf>

export interface LoadedConfig {
  readonly config: Config
  /** What was understood although it was not written as expected. */
  readonly warning: string | undefined
}

/** The configuration cannot be used. The message names every problem at once, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(['The configuration cannot be used:', ...problems].join('\n  '))
    this.problems = problems
  }
}

/** What an `.env` file in the working directory says, and above it the environment of the process. */
export function readEnvironment(): Environment[] {
  try {
    return [parseEnv(readFileSync('.env', 'utf8')), process.env]
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return [process.env]
    throw new ConfigError([`.env cannot be read: ${message}`])
  }
}

/** What a variable is set to, the last source first; an empty text counts as unset. */
export function setting(sources: readonly Environment[], name: string, otherwise: string): string {
  const set = sources
    .map((source) => source[name])
    .filter((text) => text !== undefined && text !== '')
  return set.at(-1) ?? otherwise
}

/**
 * Where the local tenant listens.
 *
 * @throws ConfigError
 */
export function tenantPort(sources: readonly Environment[]): number {
  const port = Number(setting(sources, 'TENANT_PORT', '6061'))
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new ConfigError(['TENANT_PORT is wrong: expected a port from 0 to 65535'])
}

/**
 * Judges the configuration before anything is built on it.
 *
 * @param sources what is set; a later source goes before an earlier one
 * @throws ConfigError
 */
export async function loadConfig(...sources: readonly Environment[]): Promise<LoadedConfig> {
  const { data, tidied } = tidy(sources)
  const problems = contradictionsIn(data)
  const loader = fastify()
  try {
    await loader.register(fastifyEnv, {
      schema,
      data,
      env: false,
      dotenv: false,
      ajv: {
        customOptions(ajv) {
          for (const [format, read] of Object.entries(readers)) {
            ajv.addFormat(format, (text) => read(text) !== undefined)
          }
          return ajv
        },
      },
    })
  } catch (error) {
    problems.unshift(...(error as SchemaFailure).errors.map(problemOf))
  }
  if (problems.length > 0) throw new ConfigError(problems)
  const warning =
    tidied.length === 0 ? undefined : `White space or a slash left out of ${tidied.join(', ')}.`
  return { config: configOf(loader.getEnvs<Values>()), warning }
}

/** What ajv says of a value, and @fastify/env passes on. */
interface SchemaFailure {
  readonly errors: readonly {
    readonly instancePath: string
    readonly params: { readonly missingProperty?: string }
  }[]
}

function problemOf({ instancePath, params }: SchemaFailure['errors'][number]): string {
  const missing = params.missingProperty
  const name = (missing ?? instancePath.slice(1)) as Variable
  const { description } = schema.properties[name]
  return `${name} is ${missing === undefined ? 'wrong' : 'missing'}: expected ${description}`
}

/** What each value allows for itself and the others do not. */
function contradictionsIn(data: Environment): string[] {
  const problems: string[] = []
  const tenant = readers.tenant(data['AUTH0_DOMAIN'] ?? '')
  if (data['NODE_ENV'] === 'production' && tenant?.issuer.startsWith('http:')) {
    problems.push('AUTH0_DOMAIN is wrong: expected an https domain in production')
  }
  if (data['AUTH0_ORGANIZATIONS'] === undefined && data['ORGANIZATION_REQUIRED'] === 'true') {
    problems.push('AUTH0_ORGANIZATIONS is missing: expected, since ORGANIZATION_REQUIRED is true')
  }
  if (Number(data['KEYS_STALE_IF_ERROR'] ?? 86_400) < Number(data['KEYS_MAX_AGE'] ?? 600)) {
    problems.push('KEYS_STALE_IF_ERROR is wrong: expected KEYS_MAX_AGE or more')
  }
  if (Number(data['DRAIN_TIME'] ?? 1) >= Number(data['SHUTDOWN_TIMEOUT'] ?? 10)) {
    problems.push('DRAIN_TIME is wrong: expected less than SHUTDOWN_TIMEOUT')
  }
  problems.push(...browserLoginContradictions(data))
  return problems
}

/**
 * Merges the sources. White space around a value and the slash after a domain or an origin are left
 * out; a variable without text counts as unset, except for the list of organizations: an empty one
 * must not open the API to all.
 */
function tidy(sources: readonly Environment[]) {
  const data: Record<string, string> = {}
  const tidied = new Set<string>()
  for (const [name, text = ''] of sources.flatMap((source) => Object.entries(source))) {
    if (!Object.hasOwn(schema.properties, name)) continue
    const value = withoutSlash(name, text.trim())
    if (value === '' && name !== 'AUTH0_ORGANIZATIONS') continue
    data[name] = value
    if (value !== text) tidied.add(name)
  }
  return { data, tidied: [...tidied] }
}

function withoutSlash(name: string, text: string): string {
  if (name === 'AUTH0_DOMAIN' || name === 'APP_BASE_URL') return text.replace(/\/$/, '')
  if (name === 'CLIENT_ORIGIN_URL') return text.replace(/\/(?=\s*(,|$))/g, '')
  return text
}

/** Known organizations, where none are set. */
const NONE = { known: new Set<string>(), bySubdomain: new Map<string, string>() }

function configOf(values: Values) {
  const production = values.NODE_ENV === 'production'
  const { issuer, jwksUrl } = assertDefined(readers.tenant(values.AUTH0_DOMAIN), 'AUTH0_DOMAIN')
  const { known, bySubdomain } = readers.organizations(values.AUTH0_ORGANIZATIONS ?? '') ?? NONE
  const tokens = {
    issuer,
    audience: values.AUTH0_AUDIENCE,
    algorithms: assertDefined(
      readers.algorithms(values.ACCESS_TOKEN_ALGORITHMS),
      'ACCESS_TOKEN_ALGORITHMS',
    ),
    clockTolerance: values.CLOCK_TOLERANCE,
  }
  const organizations = {
    known,
    required: values.ORGANIZATION_REQUIRED ?? known.size > 0,
    domain: values.ORGANIZATION_DOMAIN?.toLowerCase(),
    bySubdomain,
  }
  return {
    tokens,
    jwksUrl,
    organizations,
    clientOrigins: assertDefined(readers.origins(values.CLIENT_ORIGIN_URL), 'CLIENT_ORIGIN_URL'),
    port: values.PORT,
    /** Undefined stands for all interfaces. */
    host: values.HOST ?? (production ? undefined : 'localhost'),
    trustProxy: readers.proxies(values.TRUST_PROXY ?? '') ?? false,
    logLevel: values.LOG_LEVEL,
    authFailuresMax: values.AUTH_FAILURES_MAX,
    metricsPort: values.METRICS_PORT,
    /** In milliseconds, as the next ones are. */
    drainTime: values.DRAIN_TIME * 1000,
    shutdownTimeout: values.SHUTDOWN_TIMEOUT * 1000,
    keysMaxAge: values.KEYS_MAX_AGE * 1000,
    keysStaleIfError: values.KEYS_STALE_IF_ERROR * 1000,
    logHints: values.LOG_HINTS ?? !production,
    apiReference: values.API_REFERENCE ?? !production,
    apiReferenceClientId: values.API_REFERENCE_CLIENT_ID,
    /** Undefined where it is off. */
    browserLogin: browserLoginOf(values),
  }
}
