import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { FromSchema } from 'json-schema-to-ts'
import type { Room } from '../context.ts'
import { PageError } from '../errors.ts'
import { localPath } from './return-to.ts'

/** So many logins may begin in a minute, for each address. */
const MAX_LOGINS = 100

const SCOPE = 'openid profile email offline_access'

/** What of a link goes on to the tenant; Fastify leaves out all else. */
const query = {
  type: 'object',
  additionalProperties: false,
  properties: {
    organization: { type: 'string', pattern: '^[\\w.-]{1,64}$' },
    organization_name: { type: 'string', pattern: '^[\\w. -]{1,64}$' },
    invitation: { type: 'string', pattern: '^[\\w.~-]{1,256}$' },
    login_hint: { type: 'string', pattern: '^[^\\p{C}]{1,256}$' },
    prompt: { enum: ['login', 'consent', 'select_account'] },
    returnTo: {},
  },
} as const

type Query = FromSchema<typeof query>

/** A login begins (OpenID Connect Core §3.1.2.1): here, for a link that invites, and for a signup. */
export async function login(app: FastifyInstance, room: Room): Promise<void> {
  const { config, audience, tenant, pendingLogins } = room
  // A HEAD request would begin a login that nobody goes on with.
  const options = { schema: { querystring: query }, exposeHeadRoute: false }
  const isFlooding = await floodGuard(app)

  app.get<{ Querystring: Query }>('/login', options, (request, reply) => begin(request, reply, {}))

  app.get<{ Querystring: Query }>('/signup', options, (request, reply) =>
    begin(request, reply, { screen_hint: 'signup' }),
  )

  async function begin(
    request: FastifyRequest<{ Querystring: Query }>,
    reply: FastifyReply,
    hints: Readonly<Record<string, string>>,
  ): Promise<FastifyReply> {
    if (await isFlooding(request)) throw new PageError(429, 'too_many_logins')
    const { query: asked, session } = request
    const { returnTo, ...passedOn } = asked
    const { url, secrets } = await tenant.beginLogin({
      redirect_uri: `${config.baseUrl}/callback`,
      scope: SCOPE,
      audience,
      ...(config.loginMaxAge !== undefined && { max_age: String(config.loginMaxAge) }),
      ...passedOn,
      ...hints,
    })
    const { organization } = asked
    await pendingLogins.add(session, { secrets, returnTo: localPath(returnTo), organization })
    return reply.redirect(url, 303)
  }
}

/** Each login that begins takes room in the store, for some minutes, whoever asks for it. */
async function floodGuard(app: FastifyInstance) {
  if (!app.hasDecorator('createRateLimit')) await app.register(rateLimit, { global: false })
  const limit = app.createRateLimit({ max: MAX_LOGINS, timeWindow: '1 minute' })
  return async (request: FastifyRequest) => {
    const status = await limit(request)
    return !status.isAllowed && status.isExceeded
  }
}
