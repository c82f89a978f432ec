import { type Html, html } from '../../html/html.ts'
import type { Directory } from '../directory/directory.ts'
import type { Invitation, Organization, Persona } from '../directory/records.ts'
import type { AuthorizationRequest } from '../protocol/authorization/authorization-request.ts'
import { organizationChoice } from '../protocol/authorization/membership.ts'
import type { TenantPage } from './tenant-page.ts'

/** The login page, with one button for each persona and each of its organizations. */
export function loginPage(
  transaction: string,
  { client, organization, invitation, loginHint }: AuthorizationRequest,
  { personas, organizations }: Directory,
): TenantPage {
  const choice = organizationChoice(client)
  const ofOrganization = organization === undefined ? '' : ` of ${organization.displayName}`
  const buttons = [...personas].flatMap((persona) => {
    const choices = choice === 'none' ? [] : persona.organizations
    const memberships = organization === undefined ? choices : [organization.id]
    return memberships.length === 0 && choice !== 'required'
      ? [loginButton(transaction, persona, undefined, loginHint)]
      : memberships.map((id) => loginButton(transaction, persona, organizations.get(id), loginHint))
  })
  return {
    title: 'Log in',
    body: html`${invitationNote(invitation)}<p>to ${client.name}${ofOrganization}, as</p>
${buttons}
<p><a href="/signup?transaction=${transaction}">Sign up</a></p>`,
  }
}

function loginButton(
  transaction: string,
  { name, displayName, email }: Persona,
  organization: Organization | undefined,
  loginHint: string | undefined,
): Html {
  const isHinted = loginHint === email || loginHint === name
  return html`<form method="post" action="/login">
<input type="hidden" name="transaction" value="${transaction}">
<input type="hidden" name="organization" value="${organization?.id}">
<button name="persona" value="${name}" ${isHinted ? 'autofocus' : ''}>${displayName}
<small>${name}${organization && `, ${organization.displayName}`}</small></button>
</form>`
}

function invitationNote(invitation: Invitation | undefined): Html | undefined {
  return invitation && html`<p>${invitation.inviter} invites ${invitation.invitee}.</p>`
}

/** @param problem why the previous attempt failed */
export function signupPage(
  transaction: string,
  { invitation, loginHint }: AuthorizationRequest,
  problem = '',
): TenantPage {
  return {
    title: 'Sign up',
    body: html`${invitationNote(invitation)}<p role="alert">${problem}</p>
<form method="post" action="/signup">
<input type="hidden" name="transaction" value="${transaction}">
<label>Name <input name="name" autocomplete="name"></label>
<label>E-mail address <input name="email" type="email" required autocomplete="email"
  value="${loginHint}"></label>
<button>Sign up</button>
</form>
<p><a href="/login?transaction=${transaction}">Log in</a></p>`,
  }
}

/** Posts an authorization response to the client as a form (OAuth 2.0 Form Post Response Mode §2). */
export function formPostPage(response: Record<string, string>, redirectUri: string): TenantPage {
  const fields = Object.entries(response).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`,
  )
  return {
    title: 'Logged in',
    body: html`<form method="post" action="${redirectUri}">
${fields}<button>Continue</button>
</form>`,
    script: 'document.forms[0].submit()',
  }
}

/**
 * Posts an authorization response (response mode `web_message`) to the window that opened this one (login
 * in a popup), or to the parent of this frame (silent renewal).
 *
 * @param origin the origin of the client; no other window gets the message
 */
export function webMessagePage(response: Record<string, string>, origin: string): TenantPage {
  const message = { type: 'authorization_response', response }
  return {
    title: 'Logged in',
    body: html``,
    script: `(window.opener ?? window.parent).postMessage(${escapeJson(message)}, ${escapeJson(origin)})`,
    frameAncestor: origin,
  }
}

export function loggedOutPage(): TenantPage {
  return { title: 'Logged out', body: html`<p>You are logged out.</p>` }
}

/** JSON for a script element. Without `<`, it cannot end the element. */
function escapeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}
