import type { FastifyInstance } from 'fastify'
import { verifyIdToken } from '../../tokens/id-token.ts'
import type { Room } from '../context.ts'
import { InvalidIdTokenError, PageError } from '../errors.ts'

const query = { type: 'object', properties: { state: { type: 'string' } } } as const

/** A login ends: the tenant's answer is good once, and in the browser that began (RFC 9700 §4.7). */
export async function callback(app: FastifyInstance, room: Room): Promise<void> {
  const { config, pendingLogins, tenant, logins, expected } = room
  const options = { schema: { querystring: query }, exposeHeadRoute: false }

  app.get<{ Querystring: { state?: string } }>('/callback', options, async (request, reply) => {
    const { state = '' } = request.query
    const pending = await pendingLogins.take(request.session, state)
    if (pending === undefined) {
      throw new PageError(400, 'state_unknown', { next: { path: '/login', label: 'Begin again' } })
    }
    const { secrets, organization, returnTo } = pending
    const answer = new URL(`/callback?${request.raw.url?.split('?')[1]}`, config.baseUrl)
    const { idToken, ...tokens } = await tenant.finishLogin(answer, secrets)
    const asked = { nonce: secrets.nonce, maxAge: config.loginMaxAge, organization }
    const { value: identity, code } = await verifyIdToken(idToken, asked, expected)
    if (code !== undefined) throw new InvalidIdTokenError(code)

    const before = await request.findLogin()
    // Under a new identifier, known to nobody yet (session fixation); other tabs go on with theirs.
    await request.session.regenerate(['visitor', 'pending'])
    const { id } = await logins.begin(identity, idToken, tokens)
    request.session.loginId = id
    reply.generateCsrf()
    if (before !== undefined) await logins.end(before)
    return reply.redirect(returnTo, 303)
  })
}
