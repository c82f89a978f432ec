import type { FastifyInstance } from 'fastify'
import { html } from 'ghtml'
import type { Room } from '../context.ts'
import { logoutForm, nameOf } from '../pages/components.ts'

/** Who you are, or how to log in. */
export async function home(app: FastifyInstance, { config }: Room): Promise<void> {
  app.get('/', async (request, reply) => {
    const login = await request.findLogin()
    if (login === undefined) {
      const body = html`<p>You are not logged in.</p>
<p><a href="/login">Log in</a> or <a href="/signup">sign up</a></p>`
      return reply.page({ title: 'Messages', body })
    }
    const connections = [...config.federatedApis.keys()].map(
      (name) => html`<p><a href="/federated/${name}">Call ${name}</a></p>`,
    )
    const body = html`<p>You are ${nameOf(login)}.</p>
<p><a href="/profile">Your profile and messages</a></p>
!${connections.join('\n')}
<p><a href="/login?prompt=login">Log in as somebody else</a></p>
!${logoutForm(reply.generateCsrf())}`
    return reply.page({ title: 'Messages', body })
  })
}
