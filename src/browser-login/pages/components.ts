import { initials, timeElement } from '../../html/components.ts'
import { type Html, html } from '../../html/html.ts'
import { isText } from '../../tokens/claims.ts'
import type { Login } from '../sessions/logins.ts'

/** The name of a person, from the claims of the ID token. */
export function displayName({ identity: { claims, subject } }: Login): string {
  const { name, nickname, email } = claims
  return [name, nickname, email, subject].find(isText) as string
}

/** The picture of a person, or the initials. The policy of the page must allow the picture. */
export function avatar(login: Login): Html {
  const { picture } = login.identity.claims
  if (typeof picture !== 'string' || !picture.startsWith('https://')) {
    return initials(displayName(login), 'large')
  }
  return html`<img src="${picture}" alt="" class="avatar large" referrerpolicy="no-referrer">`
}

/** Claims that are times, in seconds since the epoch. */
const TIMES = ['auth_time', 'exp', 'iat', 'nbf', 'updated_at']

/** The claims as a list of names and values. Values that are not text are shown as JSON. */
export function claimsList(claims: Login['identity']['claims']): Html {
  const items = Object.entries(claims).map(
    ([name, value]) => html`<dt>${name}</dt><dd>${timeOf(name, value) ?? textOf(value)}</dd>`,
  )
  return html`<dl class="names">${items}</dl>`
}

function timeOf(name: string, value: unknown): Html | undefined {
  if (!TIMES.includes(name)) return undefined
  // Auth0 has the text of a date in updated_at.
  return timeElement(typeof value === 'number' ? value * 1000 : Date.parse(String(value)))
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
