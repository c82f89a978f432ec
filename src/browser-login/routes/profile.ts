import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { chip, statusChip } from '../../html/components.ts'
import { type Html, html } from '../../html/html.ts'
import type { LoginContext } from '../context.ts'
import { avatar, claimsList, displayName } from '../pages/components.ts'
import { viewerOf } from '../pages/navigation.ts'
import type { Login } from '../sessions/logins.ts'

/** Shows the claims of the ID token, and what the API responds to the access token. */
export const profile = fp<LoginContext>(
  async (app, { profileRoutes }) => {
    app.get('/profile', async (request, reply) => {
      const login = await request.requireLogin()
      const { claims } = login.identity
      const calls = await Promise.all(
        profileRoutes.map(async (url) => {
          const { status, message } = await callApi(request, url, login.tokens.accessToken)
          return html`<dt>${url}</dt><dd>${statusChip(status)} ${message}</dd>`
        }),
      )
      return reply.page({
        title: 'Profile',
        heading: heading(login),
        allowImages: true,
        viewer: viewerOf(reply, login),
        body: html`<h2 id="api">API</h2>
<p class="quiet">What the API answers to your access token</p>
${calls.length === 0 ? NO_CALLS : html`<div class="card"><dl class="names">${calls}</dl></div>`}
<h2>Claims</h2>
<p class="quiet">What the login service says about you, in the ID token of your login</p>
<div class="card">${claimsList(claims)}</div>`,
      })
    })

    /** Sends a request through all hooks of the API, in this process. */
    async function callApi({ host, ip }: FastifyRequest, url: string, accessToken: string) {
      const response = await app.inject({
        url,
        headers: { host, authorization: `Bearer ${accessToken}` },
        remoteAddress: ip,
      })
      return { status: response.statusCode, message: messageOf(response.payload) }
    }
  },
  {
    name: 'profile',
    encapsulate: true,
    dependencies: ['login-requirement', 'csrf-guard', 'pages', 'error-pages'],
  },
)

/**
 * The text for people in a response: its message, or that of problem details (RFC 9457). Empty if there is none,
 * as in a list.
 */
function messageOf(body: string): string {
  try {
    const { message, detail, title } = Object(JSON.parse(body))
    return String(message ?? detail ?? title ?? '')
  } catch {
    return ''
  }
}

const NO_CALLS = html`<p class="empty">No calls are shown here. A product names them in <code>profileRoutes</code> of its server.</p>`

/** The person, with what the tenant knows to be true about them. */
function heading(login: Login): Html {
  const {
    email,
    email_verified: isVerified,
    org_id: id,
    org_name: name = id,
  } = login.identity.claims
  return html`<div class="title">${avatar(login)}<div><h1>${displayName(login)}</h1>
${typeof email === 'string' ? html`<p class="quiet">${email}</p>` : undefined}
<div class="chips">
${verificationChip(isVerified)}
${id === undefined ? undefined : chip(`Organization: ${String(name)}`, 'info')}
</div></div></div>`
}

function verificationChip(isVerified: unknown): Html | undefined {
  if (typeof isVerified !== 'boolean') return undefined
  return isVerified ? chip('E-mail verified', 'good') : chip('E-mail not verified', 'warn')
}
