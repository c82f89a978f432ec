import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { Test } from 'tap'
import { buildApp } from '../../src/app.ts'
import type { Environment } from '../../src/config/environment.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { Timeouts } from '../../src/lifecycle/timeouts.ts'
import { createLogger, createRequestLogger } from '../../src/observability/logger.ts'
import { AccessTokenVerifier, type TokenVerifier } from '../../src/tokens/access-token.ts'
import { TrustedIssuers } from '../../src/tokens/issuers/trusted-issuers.ts'
import type { VerificationKeys } from '../../src/tokens/keys/remote-jwks.ts'
import { DEFAULT_PRINCIPAL_OPTIONS } from '../../src/tokens/principal.ts'
import { logSink } from './log-sink.ts'
import { PROBE_SERVER } from './probe-routes.ts'
import { KEY, keysOf, type TestKey } from './tokens/keys.ts'
import { AUDIENCE, NOW } from './tokens/tokens.ts'

export const ORIGIN = 'http://localhost:4040'

export const ENVIRONMENT = {
  AUTH0_DOMAIN: 'tenant.test',
  AUTH0_AUDIENCE: AUDIENCE,
  CLIENT_ORIGIN_URL: ORIGIN,
  // Most tests are about bearer tokens. Those in test/app/dpop have the default.
  DPOP: 'off',
  // Tests run side by side, and no request is rejected because the machine is busy.
  MAX_EVENT_LOOP_DELAY: '0',
}

export interface TestApp {
  readonly app: FastifyInstance
  /** The lines logged so far. */
  readonly log: Record<string, unknown>[]
  /** Calls a path with a bearer token, if one is given. */
  call(
    path: string,
    token?: string,
    headers?: Record<string, string>,
  ): Promise<{ status: number; message: string; headers: Record<string, unknown> }>
}

export interface TestAppOptions {
  readonly environment?: Environment
  readonly keys?: readonly TestKey[]
  readonly signingKeys?: VerificationKeys
  /** The keys of each issuer, where there are several. */
  readonly keysByIssuer?: Readonly<Record<string, VerificationKeys>>
  /** One that verifies with keys by default. */
  readonly verifier?: TokenVerifier
  readonly now?: () => number
  /** The probe routes by default. */
  readonly routes?: readonly FastifyPluginAsync[]
  readonly notReady?: () => string | undefined
  readonly problemDetails?: boolean
  readonly timeouts?: Partial<Timeouts>
}

/** The app as the server builds it, against a tenant in memory; closed when the test ends. */
export async function testApp(t: Test, options: TestAppOptions = {}): Promise<TestApp> {
  const { config } = loadConfig(ENVIRONMENT, options.environment ?? {})
  const { log, destination } = logSink()
  const ofAll = options.signingKeys ?? keysOf(options.keys ?? [KEY], config.tokens.algorithms)
  const issuers = config.issuers.map(({ issuer }) => ({
    expected: { ...config.tokens, issuer },
    keys: options.keysByIssuer?.[issuer] ?? ofAll,
  }))
  const app = await buildApp({
    config,
    logger: createLogger(config.logLevel, destination),
    requestLogger: createRequestLogger(config.logLevel, destination),
    verifier:
      options.verifier ??
      new AccessTokenVerifier(new TrustedIssuers(issuers), options.now ?? (() => NOW * 1000), {
        ...DEFAULT_PRINCIPAL_OPTIONS,
        names: config.tokens.claims,
      }),
    now: options.now ?? (() => NOW * 1000),
    routes: options.routes ?? PROBE_SERVER.routes,
    notReady: options.notReady ?? (() => undefined),
    problemDetails: options.problemDetails ?? false,
    timeouts: options.timeouts ?? {},
  })
  t.teardown(() => app.close())
  return {
    app,
    log,
    async call(path, bearer, headers = {}) {
      const authorization = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }
      const response = await app.inject({ url: path, headers: { ...authorization, ...headers } })
      return {
        status: response.statusCode,
        message: response.json().message,
        headers: response.headers,
      }
    },
  }
}
