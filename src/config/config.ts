import { metadataUrl } from '../access/metadata-url.ts'
import type { Issuer } from '../tokens/issuer.ts'
import { assertDefined } from '../utils/assert-defined.ts'
// #region browser-login
import { createBrowserLoginConfig } from './browser-login.ts'
// #endregion browser-login
import { claimExpectations, introspectionConfig, issuersOf } from './issuer/issuers.ts'
import { parsers } from './parsers.ts'
import type { Values } from './schema.ts'
// #region telemetry
import { telemetryConfig } from './telemetry/exporter.ts'
// #endregion telemetry
import { serviceOf } from './telemetry/service.ts'

/** The validated configuration of the server. */
export type Config = ReturnType<typeof createConfig>

/** A host of an organization is allowed where hosts are restricted. */
function allowedHosts({ ALLOWED_HOSTS, ORGANIZATION_DOMAIN }: Values): string[] | undefined {
  const hosts = parsers.hosts(ALLOWED_HOSTS ?? '')
  const domain = ORGANIZATION_DOMAIN?.toLowerCase()
  return hosts && domain !== undefined ? [...hosts, domain, `.${domain}`] : hosts
}

/** The metadata of a protected resource (RFC 9728). */
function metadataConfig(publicUrl: string, { RESOURCE_IDENTIFIER }: Values) {
  const identifier = RESOURCE_IDENTIFIER ?? publicUrl
  return { publicUrl, identifier, url: metadataUrl(publicUrl, identifier) }
}

const NO_ORGANIZATIONS = { known: new Set<string>(), bySubdomain: new Map<string, string>() }

function dpopConfig({ DPOP, DPOP_ALGORITHMS, DPOP_PROOF_AGE, DPOP_NONCE_SECRETS = '' }: Values) {
  if (DPOP === 'off') return undefined
  return {
    /** Whether other tokens are rejected. */
    required: DPOP === 'required',
    algorithms: assertDefined(parsers.algorithms(DPOP_ALGORITHMS), 'DPOP_ALGORITHMS'),
    /** How old a proof without a nonce may be, in seconds; the clock tolerance is added. */
    maxProofAge: DPOP_PROOF_AGE,
    /** Newest first; undefined if proofs need no nonce. */
    nonceSecrets: parsers.secrets(DPOP_NONCE_SECRETS),
  }
}

/**
 * How long the server drains, in seconds. In production, HAProxy and Kubernetes with their default checks
 * notice within that time that it is not ready.
 */
export function drainTimeOf({ DRAIN_TIME, NODE_ENV }: Partial<Values>): number {
  return DRAIN_TIME ?? (NODE_ENV === 'production' ? 8 : 1)
}

/** @param values validated, each by itself and all together */
export function createConfig(values: Values) {
  const publicUrl = parsers.publicUrl(values.PUBLIC_URL ?? '')
  const production = values.NODE_ENV === 'production'
  const issuers = issuersOf(values)
  const { known, bySubdomain } =
    parsers.organizations(values.AUTH0_ORGANIZATIONS ?? '') ?? NO_ORGANIZATIONS
  return {
    tokens: {
      /** The main one of the issuers. */
      issuer: issuers[0].issuer,
      audiences: assertDefined(parsers.audiences(values.AUTH0_AUDIENCE), 'AUTH0_AUDIENCE'),
      algorithms: assertDefined(
        parsers.algorithms(values.ACCESS_TOKEN_ALGORITHMS),
        'ACCESS_TOKEN_ALGORITHMS',
      ),
      /** In seconds. */
      clockTolerance: values.CLOCK_TOLERANCE,
      boundTokens: values.DPOP !== 'off',
      ...claimExpectations(values),
    },
    /** Undefined if tokens that are bound to a key are rejected. */
    dpop: dpopConfig(values),
    /** Whose product the issuer is, for advice. Undefined for one that is not known. */
    provider: values.ISSUER === undefined ? 'auth0' : values.PROVIDER,
    /** Whose tokens are accepted, the main one first. */
    issuers: issuers as readonly Issuer[],
    /** Undefined if tokens are verified with the keys of the issuers. It has a secret. */
    introspection: introspectionConfig(values),
    organizations: {
      known,
      required: values.ORGANIZATION_REQUIRED ?? known.size > 0,
      domain: values.ORGANIZATION_DOMAIN?.toLowerCase(),
      bySubdomain,
    },
    /** Origins, and patterns with one `*`. */
    clientOrigins: assertDefined(parsers.origins(values.CLIENT_ORIGIN_URL), 'CLIENT_ORIGIN_URL'),
    /** Beyond the default ones. */
    corsAllowedHeaders: parsers.headers(values.CORS_ALLOWED_HEADERS ?? '') ?? [],
    /** Beyond the default ones. */
    corsExposedHeaders: parsers.headers(values.CORS_EXPOSED_HEADERS ?? '') ?? [],
    port: values.PORT,
    /** Undefined for all interfaces. */
    host: values.HOST ?? (production ? undefined : 'localhost'),
    /** Beside those of this machine; undefined for any. */
    allowedHosts: allowedHosts(values),
    /** The URL at which clients reach the server, without a slash at its end. */
    publicUrl,
    /** Undefined if the server publishes none. */
    metadata: publicUrl === undefined ? undefined : metadataConfig(publicUrl, values),
    trustProxy: parsers.proxies(values.TRUST_PROXY ?? '') ?? (false as const),
    trustForwardedHost: values.TRUST_FORWARDED_HOST,
    logLevel: values.LOG_LEVEL,
    /** Per minute and address; undefined for no limit. */
    authFailuresMax: values.AUTH_FAILURES_MAX,
    /** What processes share; undefined if each keeps its own. It may contain a password. */
    redisUrl: values.REDIS_URL,
    /** How many processes serve. */
    workers: assertDefined(parsers.workers(values.WORKERS), 'WORKERS'),
    /** How long the event loop of a worker may hang, in milliseconds. */
    workerTimeout: values.WORKER_TIMEOUT * 1000,
    /** Undefined if metrics are off. */
    metricsPort: values.METRICS_PORT,
    metricsHost: values.METRICS_HOST,
    /** What this process is an instance of. */
    service: serviceOf(
      values.OTEL_SERVICE_NAME,
      parsers.resourceAttributes(values.OTEL_RESOURCE_ATTRIBUTES ?? ''),
    ),
    /** In milliseconds. */
    drainTime: drainTimeOf(values) * 1000,
    /** In milliseconds. */
    shutdownTimeout: values.SHUTDOWN_TIMEOUT * 1000,
    /** In milliseconds; 0 turns load shedding off. */
    maxEventLoopDelay: values.MAX_EVENT_LOOP_DELAY * 1000,
    /** In milliseconds; see `lifecycle/timeouts.ts`. */
    timeouts: {
      head: values.HEADERS_TIMEOUT * 1000,
      request: values.REQUEST_TIMEOUT * 1000,
      keepAlive: values.KEEP_ALIVE_TIMEOUT * 1000,
    },
    /** Of one fetch of the keys, in milliseconds. */
    keysTimeout: values.KEYS_TIMEOUT * 1000,
    /** How long the start waits for keys, in milliseconds. */
    keysStartTimeout: (values.KEYS_START_TIMEOUT ?? (production ? 10 : 0)) * 1000,
    /** In milliseconds. */
    keysMaxAge: values.KEYS_MAX_AGE * 1000,
    /** In milliseconds. */
    keysStaleIfError: values.KEYS_STALE_IF_ERROR * 1000,
    /** `pretty` is a form of `npm run dev` only. */
    logFormat: values.LOG_FORMAT === 'pretty' ? 'json' : values.LOG_FORMAT,
    auditLog: values.AUDIT_LOG !== 'false',
    /** Undefined if audit lines are in the log. */
    auditLogFile: values.AUDIT_LOG.startsWith('/') ? values.AUDIT_LOG : undefined,
    proxyRequestIdHeader: values.PROXY_REQUEST_ID_HEADER,
    logHints: values.LOG_HINTS ?? !production,
    // #region telemetry
    /** Undefined if there are no traces. */
    telemetry: telemetryConfig(values),
    // #endregion telemetry
    // #region api-reference
    apiReference: values.API_REFERENCE ?? !production,
    apiReferenceClientId: values.API_REFERENCE_CLIENT_ID,
    // #endregion api-reference
    // #region browser-login
    /** Undefined if it is off. */
    browserLogin: createBrowserLoginConfig(values),
    // #endregion browser-login
    /** The variables as validated, for `app.config`. Some are secret: see `publicSchema`. */
    variables: values,
  }
}

/** The algorithms of access tokens and ID tokens: one JWKS has the keys of both. */
export function jwksAlgorithms(config: Config): readonly string[] {
  const algorithms = new Set(config.tokens.algorithms)
  // #region browser-login
  if (config.browserLogin?.idTokenAlgorithm === 'RS256') algorithms.add('RS256')
  // #endregion browser-login
  return [...algorithms]
}

/**
 * Whose key sets are fetched. Where tokens are introspected, nothing else than the browser login needs keys: those
 * of ID tokens.
 */
export function issuersWithKeys(config: Config): readonly Issuer[] {
  if (config.introspection === undefined) return config.issuers
  // #region browser-login
  if (config.browserLogin !== undefined) return config.issuers
  // #endregion browser-login
  return []
}
