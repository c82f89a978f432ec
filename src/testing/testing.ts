import { Writable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { Environment } from '../config/environment.ts'
import { loadConfig } from '../config/load-config.ts'
import { createLogger } from '../observability/logger.ts'
import { assemble, type ServerDefinition } from '../server.ts'
import { organizationsOf, type TestCaller, type TestTenant, validateTestTenant } from './caller.ts'
import { TestIssuer } from './test-issuer.ts'

export type * from '../tenant-data/tenant-data.ts'
export type { TestCaller, TestTenant }

/** How a test server differs from the default. */
export interface TestServerOptions {
  /**
   * Environment variables, in addition to those of a test server. The organization `org_acme` is
   * known, or those of the tenant that are.
   */
  readonly environment?: Environment
  /** Data of a local tenant: `as: '<name of a persona>'` calls with its permissions. */
  readonly tenant?: TestTenant
}

/** One request of a test. */
export interface TestRequest {
  /** Who calls, or the name of a persona. Without it and a token, the call has no credentials. */
  readonly as?: TestCaller | string
  /** Whether the token of the caller is bound to a key, and sent with a proof (DPoP, RFC 9449). */
  readonly bound?: true
  /** A token, such as one that is not valid. */
  readonly token?: string
  /** Sent as JSON; a string or a buffer is sent as it is. */
  readonly body?: unknown
  /** They replace those that follow from the other members. */
  readonly headers?: Readonly<Record<string, string>>
}

/** The response to a request of a test. */
export interface TestResponse<Body> {
  /** The status code, such as 200. */
  readonly status: number
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Parsed if it is JSON, otherwise text. */
  readonly body: Body
}

/** A server under test. Nothing listens on a port, and nothing is fetched. */
export interface TestServer {
  /** Sends a request through the whole server. */
  request<Body = unknown>(
    method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS',
    path: string,
    request?: TestRequest,
  ): Promise<TestResponse<Body>>
  /** An access token for a caller. `claims` can make it one that is rejected: `{ exp: 0 }`. */
  tokenFor(caller: TestCaller | string): Promise<string>
  /** The lines that the server has logged. */
  readonly log: readonly Readonly<Record<string, unknown>>[]
  /** For what `request` does not cover, such as `app.inject`. */
  readonly app: FastifyInstance
  /** Stops the resources. */
  close(): Promise<void>
}

/** The test server is its own tenant; it rejects no request because the machine is busy. */
const ENVIRONMENT = {
  AUTH0_DOMAIN: 'tenant.test',
  AUTH0_AUDIENCE: 'https://api.test',
  CLIENT_ORIGIN_URL: 'http://localhost:4040',
  ORGANIZATION_REQUIRED: 'false',
  ACCESS_TOKEN_ALGORITHMS: 'ES256',
  MAX_EVENT_LOOP_DELAY: '0',
}

/**
 * Starts a server for tests, with a tenant of its own in memory: the same verification and
 * authorization as in production.
 *
 * @example
 * const server = await testServer(definition)
 * after(() => server.close())
 * const { status } = await server.request('GET', '/api/notes', { as: { subject: 'test|1' } })
 *
 * @throws ConfigError; Error if the data of the tenant is not valid; the error of a resource that does
 *   not start
 */
export async function testServer(
  definition: ServerDefinition,
  { environment = {}, tenant }: TestServerOptions = {},
): Promise<TestServer> {
  validateTestTenant(tenant)
  const organizations = { AUTH0_ORGANIZATIONS: organizationsOf(tenant).join() }
  const { config } = loadConfig(ENVIRONMENT, organizations, environment)
  const { issuer, audiences } = config.tokens
  const testIssuer = new TestIssuer({ issuer, audience: audiences[0], tenant })
  const { jwksUrl } = testIssuer
  const log: Record<string, unknown>[] = []
  const { app, keySets, resources } = await assemble(
    definition,
    { ...config, issuers: config.issuers.map(({ issuer }) => ({ issuer, jwksUrl })) },
    createLogger(config.logLevel, logTo(log)),
  )
  try {
    await app.ready()
    await resources.start()
    keySets.start()
  } catch (error) {
    await app.close()
    throw error
  }

  /** The headers that say who calls. */
  async function credentialsFor(
    { as, bound, token, headers }: TestRequest,
    method: string,
    url: string,
  ): Promise<Record<string, string>> {
    if (bound && as !== undefined) {
      const [path] = url.split('?', 1)
      const origin = config.publicUrl ?? `http://${headers?.['host'] ?? 'localhost'}`
      return testIssuer.boundCredentials(as, method, `${origin}${path}`)
    }
    const bearer = token ?? (as === undefined ? undefined : await testIssuer.tokenFor(as))
    return bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }
  }

  return {
    app,
    log,
    tokenFor: (as) => testIssuer.tokenFor(as),
    close: () => app.close(),
    async request<Body>(
      method: Parameters<TestServer['request']>[0],
      url: string,
      request: TestRequest = {},
    ) {
      const { body, headers } = request
      const credentials = await credentialsFor(request, method, url)
      const response = await app.inject({
        method,
        url,
        headers: { ...credentials, ...headers },
        ...(body !== undefined && { payload: body as object }),
      })
      return {
        status: response.statusCode,
        headers: response.headers as TestResponse<Body>['headers'],
        body: parse(response.payload, response.headers['content-type']) as Body,
      }
    },
  }
}

function logTo(log: Record<string, unknown>[]): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      for (const line of String(chunk).trimEnd().split('\n')) log.push(JSON.parse(line))
      done()
    },
  })
}

function parse(text: string, type: unknown): unknown {
  return text !== '' && /^application\/([\w.-]+\+)?json\b/.test(String(type))
    ? JSON.parse(text)
    : text
}
