import { html } from 'ghtml'
import { assertDefined } from '../../utils/assert-defined.ts'
import type { Directory } from '../directory/directory.ts'
import { type Invitation, invitationLink } from '../directory/invitations.ts'
import type { Session } from '../protocol/authorization/sessions.ts'

/** Who was asked to become a member, and a form to ask somebody. */
export function invitationsPart(directory: Directory): string {
  const choices = [...directory.organizations].map(
    ({ name, displayName }) => html`<option value="${name}">${displayName}</option>`,
  )
  const rows = [...directory.invitations].map(
    (one) => html`<tr role="row"><th role="rowheader" scope="row">${one.invitee}</th>
<td role="cell">${displayNameOf(directory, one.organization)}</td>
<td role="cell">${stateOf(one)}</td>
<td role="cell"><a href="${invitationLink(directory, one)}"><code>${invitationLink(directory, one)}</code></a></td></tr>`,
  )
  return html`<h2 id="invitations">Invitations</h2>
<p>Each link is good once. No e-mail is sent: open it here, or pass it on.</p>
!${table('invitations', ['Who', 'Organization', 'State', 'Link'], rows)}
<form method="post" action="/console/invitations" class="row">
<label>Organization <select name="organization">!${choices.join('')}</select></label>
<label>E-mail address <input name="email" type="email" required autocomplete="off"></label>
<button>Invite</button></form>`
}

/** Who is logged in at the tenant, in which browsers. */
export function sessionsPart(directory: Directory, sessions: readonly Session[]): string {
  const rows = sessions.map(
    ({ sid, persona, organization, authTime, clients }) => html`<tr role="row">
<th role="rowheader" scope="row">${persona.displayName}<small class="quiet">${persona.name}</small></th>
<td role="cell">${organization === undefined ? 'no organization' : displayNameOf(directory, organization)}</td>
<td role="cell">since ${new Date(authTime * 1000).toUTCString()}<small class="quiet">${[...clients].join(', ')}</small></td>
<td role="cell"><form method="post" action="/console/sessions/end">
<button name="sid" value="${sid}" aria-label="End session of ${persona.displayName}">End</button></form></td></tr>`,
  )
  return html`<h2 id="sessions">Sessions</h2>
<p>Ending one tells its clients, by back-channel logout.</p>
!${table('sessions', ['Who', 'Organization', 'Logged in', 'End'], rows)}`
}

function displayNameOf({ organizations }: Directory, id: string): string {
  return assertDefined(organizations.get(id), 'organization').displayName
}

function stateOf({ used, expiresAt }: Invitation): string {
  if (used) return 'spent'
  return Date.now() >= expiresAt ? 'expired' : 'open'
}

function table(id: string, heads: readonly string[], rows: readonly string[]): string {
  if (rows.length === 0) return '<p class="quiet">There are none.</p>'
  const columns = heads.map((name) => html`<th role="columnheader" scope="col">${name}</th>`)
  return html`<table class="stacks" role="table" aria-labelledby="${id}">
<thead role="rowgroup"><tr role="row">!${columns.join('')}</tr></thead>
<tbody role="rowgroup">!${rows.join('\n')}</tbody></table>`
}
