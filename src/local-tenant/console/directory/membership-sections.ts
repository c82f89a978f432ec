import { type Html, html } from '../../../html/html.ts'
import { assertDefined } from '../../../utils/assert-defined.ts'
import type { Directory } from '../../directory/directory.ts'
import { invitationLink } from '../../directory/invitations.ts'
import type { Invitation } from '../../directory/records.ts'
import type { Session } from '../../protocol/authorization/sessions.ts'

/** All invitations, and a form for a new one. */
export function invitationsSection(directory: Directory): Html {
  const options = [...directory.organizations].map(
    ({ name, displayName }) => html`<option value="${name}">${displayName}</option>`,
  )
  const rows = [...directory.invitations].map((invitation) => {
    const link = invitationLink(directory, invitation)
    return html`<tr role="row"><th role="rowheader" scope="row">${invitation.invitee}</th>
<td role="cell">${displayNameOf(directory, invitation.organization)}</td>
<td role="cell">${stateOf(invitation)}</td>
<td role="cell"><a href="${link}"><code>${link}</code></a></td></tr>`
  })
  return html`<h2 id="invitations">Invitations</h2>
<p>Each link can be used once. No e-mail is sent: open the link here or pass it on.</p>
${table('invitations', ['Who', 'Organization', 'State', 'Link'], rows)}
<form method="post" action="/console/invitations" class="row">
<label>Organization <select name="organization">${options}</select></label>
<label>E-mail address <input name="email" type="email" required autocomplete="off"></label>
<button>Invite</button></form>`
}

/** All sessions at the tenant, each with a button that ends it. */
export function sessionsSection(directory: Directory, sessions: readonly Session[]): Html {
  const rows = sessions.map(
    ({ sid, persona, organization, authTime, clients }) => html`<tr role="row">
<th role="rowheader" scope="row">${persona.displayName}<small class="quiet">${persona.name}</small></th>
<td role="cell">${organization === undefined ? 'no organization' : displayNameOf(directory, organization)}</td>
<td role="cell">since ${new Date(authTime * 1000).toUTCString()}<small class="quiet">${[...clients].join(', ')}</small></td>
<td role="cell"><form method="post" action="/console/sessions/end">
<button name="sid" value="${sid}" aria-label="End session of ${persona.displayName}">End</button></form></td></tr>`,
  )
  return html`<h2 id="sessions">Sessions</h2>
<p>When a session ends, its clients are notified by back-channel logout.</p>
${table('sessions', ['Who', 'Organization', 'Logged in', 'End'], rows)}`
}

function displayNameOf({ organizations }: Directory, id: string): string {
  return assertDefined(organizations.get(id), 'organization').displayName
}

function stateOf({ used, expiresAt }: Invitation): string {
  if (used) return 'used'
  return Date.now() >= expiresAt ? 'expired' : 'open'
}

function table(id: string, columns: readonly string[], rows: readonly Html[]): Html {
  if (rows.length === 0) return html`<p class="quiet">There are none.</p>`
  const headers = columns.map((name) => html`<th role="columnheader" scope="col">${name}</th>`)
  return html`<table class="stacks" role="table" aria-labelledby="${id}">
<thead role="rowgroup"><tr role="row">${headers}</tr></thead>
<tbody role="rowgroup">${rows}</tbody></table>`
}
