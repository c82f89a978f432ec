import type { FastifyInstance } from 'fastify'
import { html } from 'ghtml'
import type { Room } from '../context.ts'
import { PageError } from '../errors.ts'
import { TenantRefusal } from '../tenant/errors.ts'
import { askThirdParty } from '../third-party.ts'

/**
 * Calls a third party's API in the name of whoever is logged in, with a token that the tenant keeps
 * for them. That token is used here and goes no further.
 */
export async function federated(app: FastifyInstance, { config, tenant }: Room): Promise<void> {
  // A HEAD request would call the third party and show nothing.
  const options = { exposeHeadRoute: false }

  app.get<{ Params: { connection: string }; Querystring: { asked?: unknown } }>(
    '/federated/:connection',
    options,
    async (request, reply) => {
      const { connection } = request.params
      const url = config.federatedApis.get(connection)
      if (url === undefined) throw new PageError(404, 'connection_unknown')
      const { tokens } = await request.freshLogin()
      if (tokens.refreshToken === undefined) {
        // A tenant that gives none whatever is asked would send the browser round for ever.
        if (request.query.asked !== undefined) throw new PageError(403, 'offline_access_refused')
        return reply.redirect(consentPath(connection), 303)
      }
      const token = await exchange(tokens.refreshToken, connection)
      const answer = await call(url, token)
      return reply.page({
        title: connection,
        body: html`<p>The answer of ${new URL(url).host}:</p>
<pre>${answer}</pre>
<p><a href="/">Home</a></p>`,
      })
    },
  )

  async function exchange(refreshToken: string, connection: string): Promise<string> {
    try {
      return await tenant.federatedToken(refreshToken, connection)
    } catch (error) {
      if (!(error instanceof TenantRefusal)) throw error
      const said = [error.code, error.description].filter(Boolean).join(': ')
      const next = { path: consentPath(connection), label: 'Log in and allow it' }
      throw new PageError(403, 'connection_refused', { said, next })
    }
  }
}

async function call(url: string, token: string): Promise<string> {
  try {
    return await askThirdParty(url, token)
  } catch (cause) {
    throw new PageError(502, 'third_party_failed', { cause })
  }
}

/** A login asks for offline access always: with consent, the tenant may grant it. */
function consentPath(connection: string): string {
  const returnTo = `/federated/${connection}?asked`
  return `/login?${new URLSearchParams({ prompt: 'consent', returnTo })}`
}
