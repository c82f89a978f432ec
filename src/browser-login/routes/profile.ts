import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type Html, html } from '../../html/html.ts'
import type { LoginContext } from '../context.ts'
import { descriptionList, displayName, logoutForm } from '../pages/components.ts'

/** Shows the claims of the ID token, and what the API responds to the access token. */
export const profile = fp<LoginContext>(
  async (app, { profileRoutes }) => {
    app.get('/profile', async (request, reply) => {
      const login = await request.requireLogin()
      const { claims } = login.identity
      const calls = await Promise.all(
        profileRoutes.map(async (url) => {
          return [url, await callApi(request, url, login.tokens.accessToken)] as const
        }),
      )
      return reply.page({
        title: displayName(login),
        allowImages: true,
        body: html`${picture(claims['picture'])}
${organization(claims)}
${
  calls.length === 0
    ? undefined
    : html`<h2>API</h2>
${descriptionList(calls)}`
}
<h2>Claims</h2>
${descriptionList(Object.entries(claims))}
<p><a href="/">Home</a></p>
${logoutForm(reply.generateCsrf())}`,
      })
    })

    /** Sends a request through all hooks of the API, in this process. */
    async function callApi({ host, ip }: FastifyRequest, url: string, accessToken: string) {
      const response = await app.inject({
        url,
        headers: { host, authorization: `Bearer ${accessToken}` },
        remoteAddress: ip,
      })
      return `${response.json<{ message: string }>().message} (${response.statusCode})`
    }
  },
  {
    name: 'profile',
    encapsulate: true,
    dependencies: ['login-requirement', 'csrf-guard', 'pages', 'error-pages'],
  },
)

function picture(url: unknown): Html | undefined {
  if (typeof url !== 'string' || !url.startsWith('https://')) return undefined
  return html`<p><img src="${url}" alt="" referrerpolicy="no-referrer"></p>`
}

function organization({ org_id: id, org_name: name = id }: Readonly<Record<string, unknown>>) {
  return id === undefined ? undefined : html`<p>Organization: ${String(name)}</p>`
}
