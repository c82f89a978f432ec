import { html } from 'ghtml'
import type { Login } from '../sessions/logins.ts'

/** What a person is called, as the tenant says. */
export function nameOf({ identity: { claims, subject } }: Login): string {
  const { name, nickname, email } = claims
  return [name, nickname, email, subject].find(isText) as string
}

/** @param token against forged requests */
export function logoutForm(token: string): string {
  return html`<form method="post" action="/logout">
<input type="hidden" name="_csrf" value="${token}">
<button>Log out</button>
</form>`
}

/** Terms and what they mean. */
export function list(entries: readonly (readonly [string, unknown])[]): string {
  const lines = entries.map(([term, value]) => html`<dt>${term}</dt><dd>${textOf(value)}</dd>`)
  return html`<dl>!${lines.join('\n')}</dl>`
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
