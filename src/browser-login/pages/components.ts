import { type Html, html } from '../../html/html.ts'
import type { Login } from '../sessions/logins.ts'

/** The name of a person, from the claims of the ID token. */
export function displayName({ identity: { claims, subject } }: Login): string {
  const { name, nickname, email } = claims
  return [name, nickname, email, subject].find(isText) as string
}

export function logoutForm(csrfToken: string): Html {
  return html`<form method="post" action="/logout">
<input type="hidden" name="_csrf" value="${csrfToken}">
<button>Log out</button>
</form>`
}

/** Without a session here, there is no CSRF token: see the route. */
export function tenantLogoutForm(): Html {
  return html`<form method="post" action="/logout">
<button>Log out there</button>
</form>`
}

/** A description list. Values that are not text are shown as JSON. */
export function descriptionList(entries: readonly (readonly [string, unknown])[]): Html {
  const items = entries.map(([term, value]) => html`<dt>${term}</dt><dd>${textOf(value)}</dd>`)
  return html`<dl>${items}</dl>`
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
