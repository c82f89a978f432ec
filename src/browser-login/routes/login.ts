import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { FromSchema } from 'json-schema-to-ts'
import { addressRange, clientAddress } from '../../http/client-address.ts'
import type { LoginContext } from '../context.ts'
import { PageError } from '../errors.ts'
import { retryLink, type StartedLogin } from '../retry.ts'
import { localPath } from './return-to.ts'

/** For each client address. */
const MAX_LOGINS_PER_MINUTE = 100

const SCOPE = 'openid profile email offline_access'

/** The parameters of a login link. Fastify removes all others. */
const querystring = {
  type: 'object',
  additionalProperties: false,
  properties: {
    organization: { type: 'string', pattern: '^[\\w.-]{1,64}$' },
    organization_name: { type: 'string', pattern: '^[\\w. -]{1,64}$' },
    invitation: { type: 'string', pattern: '^[\\w.~-]{1,256}$' },
    login_hint: { type: 'string', pattern: '^[^\\p{C}]{1,256}$' },
    connection: { type: 'string', pattern: '^[\\w-]{1,128}$' },
    ui_locales: { type: 'string', pattern: '^[A-Za-z\\d -]{1,128}$' },
    acr_values: { type: 'string', pattern: '^[\\x20-\\x7e]{1,256}$' },
    prompt: { enum: ['none', 'login', 'consent', 'select_account'] },
    returnTo: {},
    at_base: {},
  },
} as const

type Query = FromSchema<typeof querystring>

/** Starts a login (OpenID Connect Core §3.1.2.1), also from an invitation link, or a signup. */
export const login = fp<LoginContext>(
  async (app, { config, audience, tenant, pendingLogins, counts }) => {
    // A HEAD request would start a login that is never completed.
    const options = { schema: { querystring }, exposeHeadRoute: false }
    const isRateLimited = loginRateLimit(app)
    const baseHost = new URL(config.baseUrl).host

    app.get<{ Querystring: Query }>('/login', options, (request, reply) =>
      start(request, reply, {}),
    )

    app.get<{ Querystring: Query }>('/signup', options, (request, reply) =>
      start(request, reply, { screen_hint: 'signup' }),
    )

    async function start(
      request: FastifyRequest<{ Querystring: Query }>,
      reply: FastifyReply,
      hints: Readonly<Record<string, string>>,
    ): Promise<FastifyReply> {
      const { returnTo, at_base: atBase, ...parameters } = request.query
      const startedLogin = { parameters, returnTo: localPath(returnTo) }
      request.startedLogin = startedLogin
      if (atBase === undefined && request.host.toLowerCase() !== baseHost) {
        return reply.redirect(urlAtBase(String(request.routeOptions.url), startedLogin), 303)
      }
      if (await isRateLimited(request)) {
        throw new PageError(429, 'too_many_logins', { next: retryLink(undefined, startedLogin) })
      }
      const { url, secrets } = await tenant.startLogin({
        redirect_uri: `${config.baseUrl}/callback`,
        scope: SCOPE,
        audience,
        ...(config.loginMaxAge !== undefined && { max_age: String(config.loginMaxAge) }),
        ...parameters,
        ...hints,
      })
      const range = addressRange(request.ip)
      await pendingLogins.add(request.session, { ...startedLogin, secrets }, range)
      counts.begun += 1
      return reply.redirect(url, 303)
    }

    /**
     * The same login at APP_BASE_URL, where it has to start: the tenant redirects there, and cookies
     * belong to one host name. `at_base` ends a loop if a proxy changes the host.
     */
    function urlAtBase(path: string, { parameters, returnTo }: StartedLogin): string {
      return `${config.baseUrl}${path}?${new URLSearchParams({ ...parameters, returnTo, at_base: '1' })}`
    }
  },
  {
    name: 'login',
    encapsulate: true,
    dependencies: ['session', 'error-pages', 'counters'],
  },
)

/** Each login that is started takes space in the session store for some minutes. */
function loginRateLimit(app: FastifyInstance) {
  const limit = { max: MAX_LOGINS_PER_MINUTE, windowMs: 60_000 }
  const counter = app.createCounter('logins', limit)
  return async ({ ip }: FastifyRequest) => {
    const { count } = await counter.count(clientAddress(ip))
    return count > MAX_LOGINS_PER_MINUTE
  }
}
