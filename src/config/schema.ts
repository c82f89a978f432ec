import type { FromSchema } from 'json-schema-to-ts'
// #region browser-login
import { browserLoginProperties } from './browser-login-schema.ts'
// #endregion browser-login
import { fileForm } from './environment.ts'
import { issuerProperties } from './issuer/schema.ts'
// #region telemetry
import { telemetryProperties } from './telemetry/telemetry-schema.ts'
// #endregion telemetry

/**
 * The environment variables of the server, and the only place of their defaults. Error messages quote
 * a description as the expected value. `writeOnly` marks a secret: its value can be in a file that
 * `<name>_FILE` names.
 */
export const schema = {
  type: 'object',
  required: ['AUTH0_AUDIENCE', 'CLIENT_ORIGIN_URL'],
  properties: {
    AUTH0_DOMAIN: {
      type: 'string',
      format: 'tenants',
      description:
        'the domain of the tenant alone, such as name.region.auth0.com, or several domains of it, comma-separated, the main one first',
    },
    AUTH0_AUDIENCE: {
      type: 'string',
      format: 'audiences',
      description:
        'identifiers of the API, comma-separated, the main one first, such as https://hello-world.example.com',
    },
    ...issuerProperties,
    CLIENT_ORIGIN_URL: {
      type: 'string',
      format: 'origins',
      description:
        'http(s) origins without a path, comma-separated, such as http://localhost:4040, capacitor://localhost or https://*--app.netlify.app (one * inside a name that only you can register)',
    },
    CORS_ALLOWED_HEADERS: {
      type: 'string',
      format: 'headers',
      description: 'names of request headers, comma-separated, such as X-Tenant',
    },
    CORS_EXPOSED_HEADERS: {
      type: 'string',
      format: 'headers',
      description: 'names of response headers, comma-separated, such as X-Total-Count',
    },
    AUTH0_ORGANIZATIONS: {
      type: 'string',
      format: 'organizations',
      description: 'organization ids, comma-separated, such as org_a1 or subdomain:org_a1',
    },
    ORGANIZATION_REQUIRED: { type: 'boolean', description: 'true or false' },
    ORGANIZATION_DOMAIN: {
      type: 'string',
      pattern: '^[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*$',
      description: 'the domain whose subdomains are organizations, such as api.example.com',
    },
    ACCESS_TOKEN_ALGORITHMS: {
      type: 'string',
      format: 'algorithms',
      default: 'RS256',
      description: 'asymmetric JWS algorithms, comma-separated, such as RS256,ES256',
    },
    DPOP: {
      type: 'string',
      enum: ['allowed', 'required', 'off'],
      default: 'allowed',
      description: 'allowed, required or off',
    },
    DPOP_ALGORITHMS: {
      type: 'string',
      format: 'algorithms',
      default: 'ES256',
      description: 'asymmetric JWS algorithms, comma-separated, such as ES256,EdDSA',
    },
    DPOP_PROOF_AGE: {
      type: 'integer',
      minimum: 5,
      maximum: 300,
      default: 60,
      description: 'a number of seconds from 5 to 300',
    },
    DPOP_NONCE_SECRETS: {
      type: 'string',
      writeOnly: true,
      format: 'secrets',
      description: 'random strings of 32 characters or more, comma-separated, newest first',
    },
    CLOCK_TOLERANCE: {
      type: 'integer',
      minimum: 0,
      maximum: 300,
      default: 5,
      description: 'a number of seconds from 0 to 300',
    },
    PORT: {
      type: 'integer',
      minimum: 0,
      maximum: 65_535,
      default: 6060,
      description: 'a port from 0 to 65535',
    },
    HOST: { type: 'string', pattern: '^[\\w.:-]+$', description: 'a host name or an IP address' },
    ALLOWED_HOSTS: {
      type: 'string',
      format: 'hosts',
      description:
        'host names without a port, comma-separated, such as api or .example.test (its subdomains)',
    },
    PUBLIC_URL: {
      type: 'string',
      format: 'publicUrl',
      description:
        'an http(s) URL without a query and special characters, such as https://api.example.com/v1',
    },
    RESOURCE_IDENTIFIER: {
      type: 'string',
      format: 'resource',
      description: 'a URL without a query and special characters, such as https://api.example.com',
    },
    TRUST_PROXY: {
      type: 'string',
      format: 'proxies',
      description:
        'addresses or networks of proxies, comma-separated, such as 10.0.0.0/8 or loopback; a number of hops would trust every client',
    },
    TRUST_FORWARDED_HOST: { type: 'boolean', default: false, description: 'true or false' },
    AUTH_FAILURES_MAX: {
      type: 'integer',
      minimum: 1,
      description: 'a number of failed authentications a minute, 1 or more',
    },
    REDIS_URL: {
      type: 'string',
      // It may have a password.
      writeOnly: true,
      format: 'redis',
      description:
        'a redis:// or rediss:// URL with a database number as its only path, redis+sentinel://host,host/name or redis+cluster://host,host',
    },
    WORKERS: {
      type: 'string',
      format: 'workers',
      default: '1',
      description: 'a number of processes from 1 to 64, or auto',
    },
    WORKER_TIMEOUT: {
      type: 'number',
      minimum: 3,
      maximum: 3600,
      default: 30,
      description: 'a number of seconds from 3 to 3600',
    },
    METRICS_PORT: {
      type: 'integer',
      minimum: 0,
      maximum: 65_535,
      description: 'a port from 0 to 65535',
    },
    METRICS_HOST: {
      type: 'string',
      pattern: '^[\\w.:-]+$',
      default: '127.0.0.1',
      description: 'a host name or an IP address, such as 0.0.0.0 for all interfaces',
    },
    DRAIN_TIME: {
      type: 'number',
      minimum: 0,
      maximum: 300,
      description: 'a number of seconds from 0 to 300',
    },
    SHUTDOWN_TIMEOUT: {
      type: 'number',
      minimum: 1,
      maximum: 600,
      default: 20,
      description: 'a number of seconds from 1 to 600',
    },
    HEADERS_TIMEOUT: {
      type: 'number',
      minimum: 1,
      maximum: 3_600,
      default: 10,
      description: 'a number of seconds from 1 to 3600',
    },
    REQUEST_TIMEOUT: {
      type: 'number',
      minimum: 1,
      maximum: 3_600,
      default: 30,
      description: 'a number of seconds from 1 to 3600',
    },
    KEEP_ALIVE_TIMEOUT: {
      type: 'number',
      minimum: 1,
      maximum: 3_600,
      default: 72,
      description: 'a number of seconds from 1 to 3600',
    },
    MAX_EVENT_LOOP_DELAY: {
      type: 'number',
      minimum: 0,
      maximum: 60,
      default: 0.5,
      description: 'a number of seconds from 0 to 60',
    },
    KEYS_TIMEOUT: {
      type: 'number',
      minimum: 1,
      maximum: 60,
      default: 5,
      description: 'a number of seconds from 1 to 60',
    },
    KEYS_START_TIMEOUT: {
      type: 'number',
      minimum: 0,
      maximum: 300,
      description: 'a number of seconds from 0 to 300',
    },
    KEYS_MAX_AGE: {
      type: 'integer',
      minimum: 1,
      maximum: 86_400,
      default: 600,
      description: 'a number of seconds from 1 to 86400',
    },
    KEYS_STALE_IF_ERROR: {
      type: 'integer',
      minimum: 1,
      default: 86_400,
      description: 'a number of seconds, 1 or more',
    },
    LOG_LEVEL: {
      type: 'string',
      enum: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      default: 'info',
      description: 'one of fatal, error, warn, info, debug, trace, silent',
    },
    LOG_HINTS: { type: 'boolean', description: 'true or false' },
    LOG_FORMAT: {
      type: 'string',
      enum: ['json', 'ecs', 'otel', 'pretty'],
      default: 'json',
      description:
        'json, ecs, otel, or pretty (for npm run dev; the server itself writes json then)',
    },
    AUDIT_LOG: {
      type: 'string',
      pattern: '^(true|false|/[^\\p{C}]+)$',
      default: 'false',
      description: 'true, false, or the absolute path of a file or a pipe for the audit lines',
    },
    PROXY_REQUEST_ID_HEADER: {
      type: 'string',
      pattern: "^[\\w!#$%&'*+.^`|~-]{1,100}$",
      default: 'x-request-id',
      description: 'the name of a request header, such as x-amzn-trace-id',
    },
    OTEL_SERVICE_NAME: {
      type: 'string',
      pattern: '^[^\\p{C}]{1,255}$',
      description: 'the name of the service in logs, metrics and traces, such as messages-api',
    },
    OTEL_RESOURCE_ATTRIBUTES: {
      type: 'string',
      format: 'resourceAttributes',
      description:
        'attributes of the service, comma-separated, such as service.version=1.2.0,deployment.environment.name=production',
    },
    // #region telemetry
    ...telemetryProperties,
    // #endregion telemetry
    // #region api-reference
    API_REFERENCE: { type: 'boolean', description: 'true or false' },
    API_REFERENCE_CLIENT_ID: {
      type: 'string',
      description: 'the client id of a single-page application',
    },
    // #endregion api-reference
    // #region browser-login
    ...browserLoginProperties,
    // #endregion browser-login
    NODE_ENV: {
      type: 'string',
      enum: ['production', 'development', 'test'],
      default: 'development',
      description: 'production, development or test',
    },
  },
} as const

/** The name of a variable of the server. */
export type Variable = keyof typeof schema.properties
/** The validated variables, with defaults. */
export type Values = FromSchema<typeof schema>

type Properties = typeof schema.properties
type Secret = {
  [Name in Variable]: Properties[Name] extends { writeOnly: true } ? Name : never
}[Variable]
/** The validated variables that are not secret. */
export type PublicValues = Omit<Values, Secret>

/**
 * For @fastify/env, which removes the variables that its schema does not name. The values have been
 * validated already, so each property accepts any value.
 */
export const publicSchema = {
  type: 'object',
  properties: Object.fromEntries(
    Object.entries(schema.properties)
      .filter(([, property]) => !('writeOnly' in property))
      .map(([name]) => [name, {}]),
  ),
}

/** The names of the variables that are secret. */
export const secretVariables = Object.entries(schema.properties)
  .filter(([, property]) => 'writeOnly' in property)
  .map(([name]) => name)

/** Variables of the commands, of development and of npm scripts. The server does not read them. */
const OTHER_VARIABLES = [
  'AUTH0_MGMT_CLIENT_ID',
  'AUTH0_MGMT_CLIENT_SECRET',
  'AUTH0_MGMT_CLIENT_SECRET_FILE',
  'AUTH0_MGMT_DOMAIN',
  'AUTH0_MGMT_TIMEOUT',
  'AUTH0_MGMT_TOKEN',
  'AUTH0_MGMT_TOKEN_FILE',
  'LOG_FORMAT',
  'TENANT_HTTPS',
  'TENANT_PORT',
]

/** The names of all variables that have a meaning here. */
export const knownVariables = [
  ...Object.keys(schema.properties),
  ...secretVariables.map(fileForm),
  ...OTHER_VARIABLES,
]

export function isVariable(name: string): name is Variable {
  return Object.hasOwn(schema.properties, name)
}
