import fp from 'fastify-plugin'
import { html } from '../../html/html.ts'
import type { LoginContext } from '../context.ts'
import { displayName, logoutForm, tenantLogoutForm } from '../pages/components.ts'

/** The home page: links to log in, or who is logged in. */
export const home = fp<LoginContext>(
  async (app, { config }) => {
    app.get('/', async (request, reply) => {
      const login = await request.getLogin()
      if (login === undefined) {
        const body = html`<p>You are not logged in.</p>
<p><a href="/login">Log in</a> or <a href="/signup">sign up</a></p>
<p>You may still be logged in at the login service.</p>
${tenantLogoutForm()}`
        return reply.page({ title: 'Messages', body })
      }
      const connections = [...config.federatedApis.keys()].map(
        (name) => html`<p><a href="/federated/${name}">Call ${name}</a></p>`,
      )
      const body = html`<p>You are logged in as ${displayName(login)}.</p>
<p><a href="/profile">Your profile</a></p>
${connections}
<p><a href="/login?prompt=login">Log in as a different user</a></p>
${logoutForm(reply.generateCsrf())}`
      return reply.page({ title: 'Messages', body })
    })
  },
  {
    name: 'home',
    encapsulate: true,
    dependencies: ['login-requirement', 'csrf-guard', 'pages', 'error-pages'],
  },
)
