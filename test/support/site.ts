import type { FastifyInstance, InjectOptions } from 'fastify'
import type { Test } from 'tap'
import { buildApp } from '../../src/app.ts'
import { browserLogin } from '../../src/browser-login/browser-login.ts'
import type { Environment } from '../../src/config/environment.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { AccessTokenVerifier } from '../../src/tokens/access-token.ts'
import { TrustedIssuers } from '../../src/tokens/issuers/trusted-issuers.ts'
import type { VerificationKeys } from '../../src/tokens/keys/remote-jwks.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { ENVIRONMENT } from './app.ts'
import { CLIENT, type FakeTenant, fakeTenant, SECRET } from './fakes/tenant.ts'
import { logSink } from './log-sink.ts'
import { ADMIN, PROBE_SERVER, PROTECTED, PUBLIC } from './probe-routes.ts'
import { KEY, keysOf } from './tokens/keys.ts'

export const BASE = 'http://localhost:6060'
export const SESSION_SECRET = 'a session secret of 32 characters'

export interface Site {
  readonly app: FastifyInstance
  readonly tenant: FakeTenant
  readonly log: Record<string, unknown>[]
  /** Moves the site's clock forward, in milliseconds. */
  wait(time: number): void
  /** A person with a browser that keeps cookies and does not follow redirects. */
  visitor(base?: string): Visitor
}

export interface SiteOptions {
  readonly environment?: Environment
  readonly tenant?: FakeTenant
  /** The tenant's keys; valid ones by default. */
  readonly keys?: VerificationKeys
  /** All probe routes by default. */
  readonly profileRoutes?: readonly string[]
}

/** The server with the browser login on, against a fake tenant; closed when the test ends. */
export async function site(t: Test, options: SiteOptions = {}): Promise<Site> {
  const tenant = options.tenant ?? (await fakeTenant(t))
  const ours = { AUTH0_CLIENT_ID: CLIENT, AUTH0_CLIENT_SECRET: SECRET, SESSION_SECRET }
  const { config } = loadConfig(
    { ...ENVIRONMENT, AUTH0_DOMAIN: tenant.issuer, ...ours },
    options.environment ?? {},
  )
  const { log, destination } = logSink()
  let waited = 0
  const now = () => Date.now() + waited
  const keys = options.keys ?? keysOf([KEY], ['RS256'])
  const app = await buildApp({
    config,
    logger: createLogger('debug', destination),
    verifier: new AccessTokenVerifier(new TrustedIssuers([{ expected: config.tokens, keys }]), now),
    notReady: () => undefined,
    routes: PROBE_SERVER.routes,
    features: [
      async (scope) => {
        await scope.register(browserLogin, {
          ...config.tokens,
          audience: config.tokens.audiences[0],
          profileRoutes: options.profileRoutes ?? [PUBLIC, PROTECTED, ADMIN],
          config: assertDefined(config.browserLogin),
          keys,
          now,
        })
      },
    ],
  })
  t.teardown(() => app.close())
  return {
    app,
    tenant,
    log,
    wait: (time) => {
      waited += time
    },
    visitor: (base) => visitorOf(app, base),
  }
}

export interface PageResponse {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly html: string
  readonly location: string
}

export type Visitor = ReturnType<typeof visitorOf>

/** @param base where the browser visits the server */
export function visitorOf(app: FastifyInstance, base = BASE) {
  const jar = new Map<string, string>()

  async function visit(url: string, options: InjectOptions = {}): Promise<PageResponse> {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const { host } = new URL(base)
    const given = Object.entries({ host, ...(cookie !== '' && { cookie }), ...options.headers })
    const headers = Object.fromEntries(given.filter(([, value]) => value !== undefined))
    const response = await app.inject({ url, ...options, headers } as InjectOptions)
    for (const { name, value } of response.cookies) {
      if (value === '') jar.delete(name)
      else jar.set(name, encodeURIComponent(value))
    }
    const location = String(response.headers.location ?? '')
    return { status: response.statusCode, headers: response.headers, html: response.body, location }
  }

  const post = (url: string, fields: Record<string, string> = {}, headers: object = {}) =>
    visit(url, {
      method: 'POST',
      payload: new URLSearchParams(fields).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
        ...headers,
      },
    })

  /** Starts a login and lets the tenant respond. Returns the path of the callback. */
  async function answer(query = ''): Promise<string> {
    const { location } = await visit(`/login${query}`)
    const response = await fetch(location, { redirect: 'manual' })
    const { pathname, search } = new URL(String(response.headers.get('location')))
    return pathname + search
  }

  return {
    jar,
    visit,
    post,
    answer,
    logIn: async (query = '') => visit(await answer(query)),
    /** The CSRF token of the home page. */
    async csrf(): Promise<string> {
      const { html } = await visit('/')
      return assertDefined(/name="_csrf" value="([^"]+)"/.exec(html)?.[1])
    },
  }
}
