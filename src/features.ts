import type { FastifyPluginAsync } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from './config/config.ts'
// #region telemetry
import { ConfigError } from './config/config-error.ts'
import type { Environment } from './config/environment.ts'
import { exportVariables } from './config/telemetry/exporter.ts'
// #endregion telemetry
import { messageFormat, problemFormat } from './http/error-format.ts'
import type { Hint } from './observability/request-log.ts'
// #region telemetry
import type { Tracing } from './observability/trace-context.ts'
// #endregion telemetry
import type { ApiDescription, RouteDescription } from './openapi/describe-routes.ts'
// #region telemetry
import type * as telemetryModule from './telemetry/telemetry.ts'
// #endregion telemetry
import type { KeySets } from './tokens/issuers/key-sets.ts'
import { metadataUrls } from './tokens/keys/discover-jwks-uri.ts'
import type { RemoteJwks } from './tokens/keys/remote-jwks.ts'
// #region browser-login
import { assertDefined } from './utils/assert-defined.ts'
// #endregion browser-login

/** What the features are loaded with, beside the configuration. */
export interface FeatureOptions {
  /** Those of the main issuer; undefined if nothing needs keys. */
  readonly keys: RemoteJwks | undefined
  readonly openapi?: { readonly title: string }
  readonly profileRoutes?: readonly string[]
}

/** Loads a feature if it is enabled. */
type Loader = (config: Config, options: FeatureOptions) => Promise<FastifyPluginAsync | undefined>

/** Loads the optional features that are enabled. The code of the others is not loaded. */
export async function loadFeatures(
  config: Config,
  options: FeatureOptions,
): Promise<FastifyPluginAsync[]> {
  const loaders: readonly Loader[] = [
    loadMetadata,
    // #region api-reference
    loadApiReference,
    // #endregion api-reference
    // #region browser-login
    loadBrowserLogin,
    // #endregion browser-login
  ]
  const features = await Promise.all(loaders.map((load) => load(config, options)))
  return features.filter((feature) => feature !== undefined)
}

const loadMetadata: Loader = async (config, { openapi }) => {
  const { metadata: published, issuers } = config
  if (published === undefined) return undefined
  const { metadata } = await import('./metadata/metadata.ts')
  const options = {
    ...published,
    issuers: issuers.map(({ issuer }) => issuer),
    name: openapi?.title ?? 'API',
    dpop: config.dpop,
    // #region api-reference
    documentation: config.apiReference ? '/docs' : undefined,
    // #endregion api-reference
  }
  return async (app) => {
    await app.register(metadata, options)
  }
}

// #region api-reference
const loadApiReference: Loader = async (config) => {
  if (!config.apiReference) return undefined
  const { apiReference } = await import('./api-reference/api-reference.ts')
  const { audiences } = config.tokens
  const options = {
    ...tenantLogin(config),
    audience: audiences[0],
    clientId: config.apiReferenceClientId,
  }
  return async (app) => {
    await app.register(apiReference, options)
  }
}
// #endregion api-reference

// #region browser-login
const loadBrowserLogin: Loader = async (
  { browserLogin: config, tokens },
  { keys, profileRoutes = [] },
) => {
  if (config === undefined) return undefined
  const { browserLogin } = await import('./browser-login/browser-login.ts')
  const { issuer, audiences, clockTolerance } = tokens
  const verification = { clockTolerance, keys: assertDefined(keys, 'keys') }
  const tenant = { issuer, audience: audiences[0], ...verification }
  return async (app) => {
    await app.register(browserLogin, { ...tenant, config, profileRoutes, now: Date.now })
  }
}
// #endregion browser-login

/** Loads what explains rejected requests in the log. */
export async function loadHint(config: Config, keySets: KeySets): Promise<Hint> {
  const { logHint } = await import('./explain/log-hint.ts')
  return logHint(config, Date.now, (issuer) => keySets.byIssuer.get(issuer)?.state)
}

// #region telemetry
const TELEMETRY_PACKAGES = [
  'api',
  'resources',
  'sdk-trace-node',
  'exporter-trace-otlp-proto',
  'exporter-trace-otlp-http',
].map((name) => `@opentelemetry/${name}`)

type TelemetryModule = typeof telemetryModule

/**
 * Loads traces, if an endpoint for them is configured.
 *
 * @param load imports the module with its packages
 * @throws ConfigError if they are not installed
 */
export async function loadTelemetry(
  config: Config,
  sources: readonly Environment[],
  log: Logger,
  load: () => Promise<TelemetryModule> = () => import('./telemetry/telemetry.ts'),
): Promise<Tracing | undefined> {
  const { telemetry, service, publicUrl } = config
  if (telemetry === undefined) return undefined
  exportVariables(sources)
  const { startTelemetry } = await load().catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException
    const problem = `OTEL_EXPORTER_OTLP_ENDPOINT needs packages that cannot be loaded (${code})`
    throw new ConfigError([{ problem, expected: TELEMETRY_PACKAGES.join(', ') }])
  })
  return startTelemetry({
    config: telemetry,
    service,
    serverAddress: publicUrl === undefined ? undefined : new URL(publicUrl).hostname,
    log,
  })
}
// #endregion telemetry

/** What describes an API as a whole. */
interface DescribedApi {
  readonly openapi?: ApiDescription
  readonly problemDetails?: boolean
}

/**
 * Loads what turns the routes into an OpenAPI document, if one is wanted.
 *
 * @param describe what the document has; undefined for no document
 */
export async function loadDescription(
  { openapi: api = { title: 'API', version: '0.0.0' }, problemDetails }: DescribedApi,
  config: Config,
  describe: 'routes' | 'with-login' | undefined,
): Promise<Partial<RouteDescription>> {
  if (describe === undefined) return {}
  const { describeRoutes } = await import('./openapi/describe-routes.ts')
  const format = problemDetails ? problemFormat : messageFormat
  return describeRoutes({
    api,
    format,
    login: describe === 'with-login' ? tenantLogin(config) : undefined,
    boundTokenRequired: config.dpop?.required ?? false,
  })
}

/** Where people log in. The endpoints of issuers that are not Auth0 are in their metadata. */
function tenantLogin({ tokens: { issuer }, provider }: Config) {
  const [metadata] = metadataUrls(issuer)
  return { issuer, metadata: provider === 'auth0' ? undefined : metadata }
}
