import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { explain, serverContext } from '../../../src/explain/explanation.ts'
import { startServer } from '../../../src/server.ts'
import { ENVIRONMENT } from '../../support/app.ts'
import { probeServer } from '../../support/probe-routes.ts'
import { serve } from '../../support/process.ts'
import { KEY, type TestKey } from '../../support/tokens/keys.ts'
import { signJws } from '../../support/tokens/tokens.ts'

export const PROTECTED = '/probe/protected'
export const ADMIN = '/probe/admin'

const { AUTH0_DOMAIN: _domain, AUTH0_AUDIENCE: AUDIENCE, ...COMMON } = ENVIRONMENT

export { AUDIENCE }

type Values = Readonly<Record<string, unknown>>
type Reply = readonly [status: number, body: unknown]

/** An issuer on this machine. Its answers can be changed: by path, with a status. */
export async function issuer(t: Test, path = '') {
  const replies = new Map<string, Reply>()
  const state = { requests: [] as string[] }
  const origin = await serve(t, ({ url = '' }, response) => {
    state.requests.push(url)
    const [status, body] = replies.get(url) ?? [404, '']
    response.writeHead(status, status === 302 ? { location: `${origin}/elsewhere` } : {})
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  const name = `${origin}${path}`
  const metadata = { issuer: name, jwks_uri: `${origin}/keys` }
  const base = path.replace(/\/$/, '')
  const metadataPath = `${base}/.well-known/openid-configuration`
  replies.set(metadataPath, [200, metadata])
  replies.set('/keys', [200, { keys: [KEY.jwk] }])
  return Object.assign(state, {
    origin,
    name,
    metadata,
    metadataPath,
    replies,
    /** Signs claims as they are, with the issuer and times. Undefined removes a claim. */
    sign(claims: Values, header: Values = { typ: 'JWT' }, key: TestKey = KEY): string {
      const iat = Math.floor(Date.now() / 1000)
      const all = { iss: name, aud: AUDIENCE, sub: 'u1', iat, exp: iat + 60, ...claims }
      return signJws({ alg: 'RS256', kid: key.kid, ...header }, all, key)
    },
  })
}

/** Who the token of the request speaks for, and a route that requires a scope. */
async function furtherRoutes(app: FastifyInstance): Promise<void> {
  const scoped = { config: { access: { scopes: ['read:x'] } } }
  app.get('/probe/scoped', scoped, () => ({ message: 'scoped' }))
  app.get('/probe/principal', { config: { access: {} } }, ({ principal }) => principal)
}

/** A running server for an issuer, whose admin route requires `permission`. */
export async function serverFor(
  t: Test,
  name: string,
  environment: Readonly<Record<string, string>> = {},
  permission = 'editor',
) {
  const env = { ...COMMON, ISSUER: name, AUDIENCE, PORT: '0', HOST: '127.0.0.1' }
  const quiet = { LOG_LEVEL: 'silent' }
  const routes = [...probeServer(permission).routes, furtherRoutes]
  const server = await startServer({ routes }, [env, quiet, environment])
  t.teardown(() => server.app.close())
  const headersOf = (token: string) => ({ authorization: `Bearer ${token}`, host: 'localhost' })
  const status = async (token: string, url = PROTECTED) =>
    (await server.app.inject({ url, headers: headersOf(token) })).statusCode
  return {
    ...server,
    status,
    /** The status after the keys have been fetched. */
    async settled(token: string, url = PROTECTED) {
      await server.keys.refresh()
      return status(token, url)
    },
    /** What `request.principal` is. */
    async principal(token: string) {
      const headers = headersOf(token)
      return JSON.parse((await server.app.inject({ url: '/probe/principal', headers })).body)
    },
    /** Why a token is rejected, and what to do. */
    async explain(token: string, url = PROTECTED) {
      const answer = await server.app.dryRun({ method: 'GET', url, headers: headersOf(token) })
      const access = server.app.policies.get(url)?.get('GET') ?? {}
      const context = {
        ...serverContext(server.config),
        host: 'localhost',
        now: Date.now() / 1000,
      }
      return explain(token, answer, access, context)
    },
  }
}
