import fp from 'fastify-plugin'
import { verifyIdToken } from '../../tokens/id-token.ts'
import type { LoginContext } from '../context.ts'
import { PageError } from '../errors.ts'
import { NEW_LOGIN, retryLink } from '../retry.ts'
import { InvalidIdTokenError } from '../tenant/errors.ts'
import { revokeRefreshToken } from '../tenant/revocation.ts'
import { DEFAULT_PATH } from './return-to.ts'

const querystring = { type: 'object', properties: { state: { type: 'string' } } } as const

/**
 * Completes a login. An authorization response is accepted once, and only in the browser that
 * started the login (RFC 9700 §4.7).
 */
export const callback = fp<LoginContext>(
  async (app, context) => {
    const { config, pendingLogins, tenant, logins, tokenExpectations, counts } = context
    app.addHook('onError', async () => {
      counts.failed += 1
    })
    // A HEAD request would use up the login.
    const options = { schema: { querystring }, exposeHeadRoute: false }

    app.get<{ Querystring: { state?: string } }>('/callback', options, async (request, reply) => {
      const { state = '' } = request.query
      const pending = await pendingLogins.take(request.session, state)
      if (pending === undefined) {
        // The back button leads here after a login.
        if ((await request.getLogin()) !== undefined) {
          const { completed } = request.session
          const isSame = completed?.state === state
          return reply.redirect(isSame ? completed.returnTo : DEFAULT_PATH, 303)
        }
        throw new PageError(400, 'state_unknown', { next: NEW_LOGIN })
      }
      request.startedLogin = pending
      const { secrets, parameters, returnTo } = pending
      const { organization } = parameters
      const callbackUrl = new URL(`/callback?${request.raw.url?.split('?')[1]}`, config.baseUrl)
      const redeemedAt = tokenExpectations.now()
      const { idToken, ...tokens } = await tenant.completeLogin(callbackUrl, secrets)
      const requested = { nonce: secrets.nonce, maxAge: config.loginMaxAge, organization }
      // openid-client does not verify the signature of ID tokens by default, and never HS256:
      // https://github.com/panva/openid-client/blob/main/docs/functions/enableNonRepudiationChecks.md
      const { value: identity, code } = await verifyIdToken(idToken, requested, tokenExpectations)
      if (code !== undefined) throw new InvalidIdTokenError(code)

      const login = await logins.begin(identity, idToken, tokens, redeemedAt)
      if (login === undefined) {
        await revokeRefreshToken(tenant, tokens, request.log)
        throw new PageError(401, 'login_ended', { next: retryLink(undefined, pending) })
      }
      const previous = await request.getLogin()
      // A new session id prevents session fixation. Logins that are pending in other tabs stay.
      await request.session.regenerate(['visitor', 'pending'])
      request.session.loginId = login.id
      request.session.completed = { state, returnTo }
      reply.generateCsrf()
      counts.completed += 1
      if (previous !== undefined) {
        await logins.end(previous)
        await revokeRefreshToken(tenant, previous.tokens, request.log)
      }
      return reply.redirect(returnTo, 303)
    })
  },
  {
    name: 'callback',
    encapsulate: true,
    dependencies: ['login-requirement', 'csrf-guard', 'error-pages'],
  },
)
