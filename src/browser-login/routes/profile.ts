import type { FastifyInstance, FastifyRequest } from 'fastify'
import { html } from 'ghtml'
import { list, logoutForm, nameOf } from '../pages/components.ts'

const MESSAGES = ['public', 'protected', 'admin'] as const

/** Who the tenant says you are, and what the API says to your access token. */
export async function profile(app: FastifyInstance): Promise<void> {
  app.get('/profile', async (request, reply) => {
    const login = await request.freshLogin()
    const { claims } = login.identity
    const { org_id: id, org_name: name = id } = claims
    const messages = await Promise.all(
      MESSAGES.map(
        async (kind) => [kind, await ask(request, kind, login.tokens.accessToken)] as const,
      ),
    )
    return reply.page({
      title: nameOf(login),
      pictures: true,
      body: html`!${picture(claims['picture'])}
!${id === undefined ? '' : html`<p>of the organization ${name}</p>`}
<h2>Messages</h2>
!${list(messages)}
<h2>Claims</h2>
!${list(Object.entries(claims))}
<p><a href="/">Home</a></p>
!${logoutForm(reply.generateCsrf())}`,
    })
  })

  /** By the API's own way of a request, from its first hook on: nothing is passed by. */
  async function ask({ headers, ip }: FastifyRequest, kind: string, token: string) {
    const response = await app.inject({
      url: `/api/messages/${kind}`,
      headers: { host: headers.host, authorization: `Bearer ${token}` },
      remoteAddress: ip,
    })
    return `${response.json<{ message: string }>().message} (${response.statusCode})`
  }
}

/** One from the web, asked for without saying who asks. */
function picture(address: unknown): string {
  if (typeof address !== 'string' || !address.startsWith('https://')) return ''
  return html`<p><img src="${address}" alt="" referrerpolicy="no-referrer"></p>`
}
