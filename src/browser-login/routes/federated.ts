import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { html } from '../../html/html.ts'
import type { LoginContext } from '../context.ts'
import { PageError } from '../errors.ts'
import { type Viewer, viewerOf } from '../pages/navigation.ts'
import type { PageContent } from '../pages/page.ts'
import { TenantOAuthError } from '../tenant/errors.ts'
import { callThirdPartyApi } from '../third-party-api.ts'

/**
 * Calls a third-party API on behalf of the person who is logged in, with an access token that the
 * tenant stores for them. That token is used here and is never sent to the browser.
 */
export const federated = fp<LoginContext>(
  async (app, { config, tenant }) => {
    // A HEAD request would call the third party and show nothing.
    const options = { exposeHeadRoute: false }

    app.get<{ Params: { connection: string }; Querystring: { asked?: unknown } }>(
      '/federated/:connection',
      options,
      async (request, reply) => {
        const { connection } = request.params
        const url = config.federatedApis.get(connection)
        if (url === undefined) throw new PageError(404, 'connection_unknown')
        const login = await request.requireLogin()
        const { tokens } = login
        if (!isOwnRequest(request)) {
          return reply.page(confirmation(request.url, connection, viewerOf(reply, login)))
        }
        if (tokens.refreshToken === undefined) {
          // Without this check, a tenant that never issues one would cause a redirect loop.
          if (request.query.asked !== undefined) throw new PageError(403, 'offline_access_refused')
          return reply.redirect(consentPath(connection), 303)
        }
        const token = await exchangeToken(tokens.refreshToken, connection)
        const text = await callApi(url, token)
        return reply.page({
          title: connection,
          viewer: viewerOf(reply, login),
          body: html`<p class="lead">Response from ${new URL(url).host}</p>
<pre>${text}</pre>`,
        })
      },
    )

    async function exchangeToken(refreshToken: string, connection: string): Promise<string> {
      try {
        return await tenant.exchangeForFederatedToken(refreshToken, connection)
      } catch (error) {
        if (!(error instanceof TenantOAuthError)) throw error
        const tenantMessage = [error.code, error.description].filter(Boolean).join(': ')
        const next = {
          path: consentPath(connection, { connection }),
          label: 'Log in and allow access',
        }
        throw new PageError(403, 'connection_refused', { tenantMessage, next })
      }
    }
  },
  {
    name: 'federated',
    encapsulate: true,
    dependencies: ['login-requirement', 'csrf-guard', 'pages', 'error-pages'],
  },
)

/**
 * Whether a page of this server, or the person in the address bar, sent the request (Fetch Metadata).
 * Another site could send it at any time. Browsers that are too old for this header send the cookie
 * from another site only when the person follows a link.
 *
 * @throws PageError 403 for requests that do not open a page, such as those for an image
 */
function isOwnRequest({ headers }: FastifyRequest): boolean {
  const { 'sec-fetch-site': site, 'sec-fetch-mode': mode } = headers
  if (site === undefined || site === 'same-origin' || site === 'none') return true
  if (mode !== 'navigate') throw new PageError(403, 'request_forged')
  return false
}

/** The tenant leads here after a login too. */
function confirmation(path: string, connection: string, viewer: Viewer): PageContent {
  return {
    title: connection,
    viewer,
    body: html`<p class="lead">This page calls ${connection} on your behalf.</p>
<p><a href="${path}" class="button primary">Call ${connection}</a></p>`,
  }
}

async function callApi(url: string, token: string): Promise<string> {
  try {
    return await callThirdPartyApi(url, token)
  } catch (cause) {
    throw new PageError(502, 'third_party_failed', { cause })
  }
}

/** Every login requests offline access. With consent, the tenant may grant it. */
function consentPath(name: string, parameters: Readonly<Record<string, string>> = {}): string {
  const returnTo = `/federated/${name}?asked`
  return `/login?${new URLSearchParams({ prompt: 'consent', ...parameters, returnTo })}`
}
