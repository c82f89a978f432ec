import type { FastifyReply } from 'fastify'
import { initials } from '../../html/components.ts'
import { type Html, html } from '../../html/html.ts'
import type { Login } from '../sessions/logins.ts'
import { displayName } from './components.ts'

/** The name of the site. */
export const SITE = 'Messages'

/** Who looks at a page. */
export interface Viewer {
  readonly login: Login
  readonly csrfToken: string
}

export function viewerOf(reply: FastifyReply, login: Login): Viewer {
  return { login, csrfToken: reply.generateCsrf() }
}

const LINKS = [
  ['/', 'Home'],
  ['/profile', 'Profile'],
] as const

/**
 * The bar on top of a page. Without a viewer, it has the name of the site alone: error pages do not
 * know whether somebody is logged in.
 *
 * @param path that of the page
 */
export function topbar(path: string, viewer: Viewer | undefined): Html {
  if (viewer === undefined) {
    // A link to the page itself would be the first stop of the keyboard.
    return path === '/'
      ? html`<span class="brand">${SITE}</span>`
      : html`<a class="brand" href="/">${SITE}</a>`
  }
  const links = LINKS.map(
    ([target, label]) =>
      html`<a href="${target}" ${target === path ? html`aria-current="page"` : undefined}>${label}</a>`,
  )
  const name = displayName(viewer.login)
  return html`<a class="brand" href="/">${SITE}</a>
<nav aria-label="Site">${links}</nav>
<div class="account">${initials(name)}<span class="name">${name}</span>
<form method="post" action="/logout">
<input type="hidden" name="_csrf" value="${viewer.csrfToken}">
<button class="small">Log out</button>
</form></div>`
}
