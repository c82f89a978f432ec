import { chip, initials } from '../../html/components.ts'
import { type Html, html } from '../../html/html.ts'
import { assertDefined } from '../../utils/assert-defined.ts'
import type { Directory } from '../directory/directory.ts'
import type { Organization, Persona } from '../directory/records.ts'
import type { AuthorizationRequest } from '../protocol/authorization/authorization-request.ts'
import { type LoginChoice, loginChoices } from './login-choices.ts'
import type { TenantPage } from './tenant-page.ts'

/**
 * The login page, with one button for each persona and each of its organizations.
 *
 * @param problem why the previous attempt failed
 */
export function loginPage(
  transaction: string,
  authorization: AuthorizationRequest,
  directory: Directory,
  problem?: string,
): TenantPage {
  const { client, organization, invitation } = authorization
  const { expected, others } = loginChoices(authorization, directory)
  const list = (choices: readonly LoginChoice[]) => {
    const items = choices.map((choice) => choiceItem(transaction, choice, authorization, directory))
    return html`<ul class="choices">${items}</ul>`
  }
  return {
    title: 'Log in',
    body: html`<p class="lead">to <strong>${client.name}</strong>${organization && html`, organization <strong>${organization.displayName}</strong>`}</p>
${problem && html`<p role="alert" class="alert bad">${problem}</p>`}
${invitationNote(authorization)}
<p class="alert">This is the local tenant on your machine. <strong>Nobody has a password:</strong> choose who you want to be.</p>
${expected.length > 0 ? list(expected) : nobody(transaction, authorization)}
${
  others.length > 0
    ? html`<details><summary>Others, who are not ${invitation ? 'invited' : 'members'} (${others.length})</summary>
<p class="quiet">Their login ends with <code>access_denied</code>, which you can test.</p>
${list(others)}</details>`
    : undefined
}
<p>Somebody new? <a href="/signup?transaction=${transaction}">Sign up</a></p>`,
  }
}

function choiceItem(
  transaction: string,
  { persona, organization }: LoginChoice,
  { loginHint }: AuthorizationRequest,
  directory: Directory,
): Html {
  const { name, displayName, email } = persona
  const isHinted = loginHint === email || loginHint === name
  return html`<li><form method="post" action="/login">
<input type="hidden" name="transaction" value="${transaction}">
<input type="hidden" name="organization" value="${organization?.id}">
<button name="persona" value="${name}" ${isHinted ? html`autofocus class="suggested"` : undefined}>
${initials(displayName)}<span class="who"><strong>${displayName}</strong><small class="quiet">${email}</small></span>
<span class="chips">${chips(persona, organization, directory)}</span></button>
</form></li>`
}

/** The memberships, or the one of this login; the roles; and what is unusual about the persona. */
function chips(
  { roles, organizations, denied, emailVerified, secondFactor }: Persona,
  organization: Organization | undefined,
  directory: Directory,
): Html[] {
  const memberships =
    organization !== undefined && organizations.includes(organization.id)
      ? [organization]
      : [...directory.organizations].filter(({ id }) => organizations.includes(id))
  return [
    ...memberships.map(({ displayName }) => labelled('Organization', displayName, 'info')),
    ...roles.map((role) => labelled('Role', role)),
    ...(emailVerified === false ? [chip('e-mail not verified', 'warn')] : []),
    ...(denied === undefined ? [] : [chip('login denied', 'bad')]),
    ...(secondFactor === false ? [chip('no second factor', 'warn')] : []),
  ]
}

/** A chip whose kind is told by its colour, and by a text for screen readers. */
function labelled(kind: string, name: string, tone?: 'info'): Html {
  return html`<span><span class="sr-only">${kind} </span>${chip(name, tone)}</span>`
}

function nobody(transaction: string, { organization, invitation }: AuthorizationRequest): Html {
  if (invitation !== undefined) {
    return html`<div class="empty"><p>Nobody has this address yet.</p>
<p><a href="/signup?transaction=${transaction}" class="button primary">Sign up</a></p></div>`
  }
  const problem = organization === undefined ? 'Nobody' : `Nobody of ${organization.displayName}`
  return html`<p class="empty">${problem} can log in here. Add members in the data, or invite somebody in the <a href="/">console</a>.</p>`
}

/** The inviter and the invitee; nothing if the login is not for an invitation. */
export function invitationNote({
  invitation,
  organization,
}: AuthorizationRequest): Html | undefined {
  if (invitation === undefined) return undefined
  const { displayName } = assertDefined(organization, 'organization of the invitation')
  return html`<p class="alert good">${invitation.inviter} invites ${invitation.invitee} to ${displayName}.</p>`
}
