import fp from 'fastify-plugin'
import { timeElement } from '../../html/components.ts'
import { type Html, html } from '../../html/html.ts'
import type { LoginContext } from '../context.ts'
import { displayName } from '../pages/components.ts'
import { SITE, viewerOf } from '../pages/navigation.ts'

/** The home page: links to log in, or who is logged in. */
export const home = fp<LoginContext>(
  async (app, { config }) => {
    const connections = [...config.federatedApis.keys()]

    app.get('/', async (request, reply) => {
      const login = await request.getLogin()
      if (login === undefined) return reply.page({ title: SITE, body: GREETING, isNarrow: true })
      const body = html`<p class="lead">You are logged in as ${displayName(login)}.</p>
<ul class="links">
<li><a href="/profile">Your profile</a><small>Who you are, and how the API answers your access token</small></li>
<li><a href="/login?prompt=login">Log in as a different user</a><small>The login service asks who you are</small></li>
</ul>
<h2>Connected services</h2>
${connectionsList(connections)}
<p class="quiet"><small>Logged in here since ${timeElement(login.startedAt)}</small></p>`
      return reply.page({ title: SITE, body, viewer: viewerOf(reply, login) })
    })
  },
  {
    name: 'home',
    encapsulate: true,
    dependencies: ['login-requirement', 'csrf-guard', 'pages', 'error-pages'],
  },
)

/** Without a session here, there is no CSRF token for the logout: see its route. */
const GREETING = html`<p class="lead">You are not logged in.</p>
<div class="card">
<p>Log in to see who you are for this site, and how the API answers you.</p>
<div class="row"><a href="/login" class="button primary">Log in</a> <a href="/signup" class="button">Sign up</a></div>
</div>
<form method="post" action="/logout" class="quiet">You may still be logged in at the login service.
<button class="linklike">Log out there</button></form>`

function connectionsList(names: readonly string[]): Html {
  if (names.length === 0) {
    return html`<p class="empty">There are none. The operator of this site can name some in <code>FEDERATED_APIS</code>.</p>`
  }
  const items = names.map(
    (name) =>
      html`<li><a href="/federated/${name}">Call ${name}</a><small>On your behalf, with a token that stays on the server</small></li>`,
  )
  return html`<ul class="links">${items}</ul>`
}
