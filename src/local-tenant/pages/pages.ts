import { createHash, randomBytes } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { html } from 'ghtml'
import type { Organization, Persona } from '../directory/data.ts'
import type { Directory } from '../directory/directory.ts'
import type { Invitation } from '../directory/invitations.ts'
import type { AuthorizationRequest } from '../protocol/authorization/authorization-request.ts'
import { STYLE } from './style.ts'

export interface Page {
  readonly title: string
  readonly body: string
  /** Whether it needs the width of the screen. */
  readonly wide?: boolean
  /** Code that the page runs. */
  readonly script?: string
  /** The origin that may show the page in a frame, if one may. */
  readonly framedBy?: string
}

/** Sends a page that can load nothing, and run nothing but its own script. */
export function sendPage(reply: FastifyReply, page: Page): FastifyReply {
  const { title, body, script, wide = false, framedBy = "'none'" } = page
  const nonce = randomBytes(16).toString('base64')
  const style = createHash('sha256').update(STYLE).digest('base64')
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${style}'`,
    `script-src 'nonce-${nonce}'`,
    `frame-ancestors ${framedBy}`,
    'img-src data:',
    "base-uri 'none'",
  ]
  return reply
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    })
    .send(
      html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>!${STYLE}</style>
<body class="${wide ? 'wide' : 'narrow'}">
<main>
<h1>${title}</h1>
!${body}
</main>
!${script === undefined ? '' : `<script nonce="${nonce}">${script}</script>`}
</body>
</html>
`,
    )
}

/** One button for each persona and, where it has some, each of its organizations. */
export function loginPage(
  transaction: string,
  { client, organization, invitation, loginHint }: AuthorizationRequest,
  { personas, organizations }: Directory,
): Page {
  const wanted = organization === undefined ? '' : ` of ${organization.displayName}`
  const buttons = [...personas].flatMap((persona) => {
    const memberships = organization === undefined ? persona.organizations : [organization.id]
    return memberships.length === 0
      ? [button(transaction, persona, undefined, loginHint)]
      : memberships.map((id) => button(transaction, persona, organizations.get(id), loginHint))
  })
  return {
    title: 'Log in',
    body: html`!${invited(invitation)}<p>to ${client.name}${wanted}, as</p>
!${buttons.join('\n')}
<p><a href="/signup?transaction=${transaction}">Sign up</a></p>`,
  }
}

function button(
  transaction: string,
  { name, displayName, email }: Persona,
  organization: Organization | undefined,
  loginHint: string | undefined,
): string {
  const hinted = loginHint === email || loginHint === name
  return html`<form method="post" action="/login">
<input type="hidden" name="transaction" value="${transaction}">
<input type="hidden" name="organization" value="${organization?.id ?? ''}">
<button name="persona" value="${name}" !${hinted ? 'autofocus' : ''}>${displayName}
<small>${name}${organization === undefined ? '' : `, ${organization.displayName}`}</small></button>
</form>`
}

function invited(invitation: Invitation | undefined): string {
  return invitation === undefined
    ? ''
    : html`<p>${invitation.inviter} invites ${invitation.invitee}.</p>`
}

export function signupPage(
  transaction: string,
  { invitation, loginHint }: AuthorizationRequest,
  problem = '',
): Page {
  return {
    title: 'Sign up',
    body: html`!${invited(invitation)}<p role="alert">${problem}</p>
<form method="post" action="/signup">
<input type="hidden" name="transaction" value="${transaction}">
<label>Name <input name="name" autocomplete="name"></label>
<label>E-mail address <input name="email" type="email" required autocomplete="email"
  value="${loginHint ?? ''}"></label>
<button>Sign up</button>
</form>
<p><a href="/login?transaction=${transaction}">Log in</a></p>`,
  }
}

/** Hands the answer to the window around the frame, if that is the client's. */
export function webMessagePage(response: Record<string, string>, origin: string): Page {
  const message = { type: 'authorization_response', response }
  return {
    title: 'Logged in',
    body: '',
    script: `window.parent.postMessage(${forScript(message)}, ${forScript(origin)})`,
    framedBy: origin,
  }
}

export function errorPage(problem: string): Page {
  return { title: 'This does not work', body: html`<p>${problem}</p>` }
}

export function loggedOutPage(): Page {
  return { title: 'Logged out', body: '<p>You are logged out.</p>' }
}

/** JSON that cannot end the script element it stands in. */
function forScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}
