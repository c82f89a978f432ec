import { chip, timeElement } from '../../../html/components.ts'
import { type Html, html } from '../../../html/html.ts'
import type { Directory } from '../../directory/directory.ts'
import { invitationLink } from '../../directory/invitations.ts'
import type { Invitation } from '../../directory/records.ts'
import { table } from '../components.ts'
import { PATH } from './path.ts'

const COLUMNS = ['Who', 'Organization', 'State', 'Link', 'Revoke']

/** All invitations with their links. */
export function invitationsSection(directory: Directory): Html {
  const rows = [...directory.invitations].map((invitation) => rowOf(invitation, directory))
  const none = html`<div class="empty"><p>There are no invitations.</p><p>Invite somebody to an organization above.</p></div>`
  return html`<h2 id="invitations">Invitations</h2>
<p>Each link can be used once. No e-mail is sent: open the link here or pass it on.</p>
${rows.length > 0 ? table('invitations', COLUMNS, rows) : none}`
}

function rowOf(invitation: Invitation, directory: Directory): Html {
  const { id, invitee, expiresAt, roles } = invitation
  const organization = directory.organizations.get(invitation.organization)
  const state = stateOf(invitation)
  // Nobody can follow the link to an organization that was deleted.
  const isOpen = state === 'open' && organization !== undefined
  const link = isOpen ? invitationLink(directory, invitation) : ''
  const revoke = html`<form method="post" action="${PATH}/revoke">
<button class="danger small" name="invitation" value="${id}" aria-label="Revoke the invitation of ${invitee}">Revoke</button></form>`
  return html`<tr role="row"><th role="rowheader" scope="row">${invitee}${roles.length > 0 ? html`<small class="quiet">${roles.join(', ')}</small>` : undefined}</th>
<td role="cell">${organization?.displayName ?? invitation.organization}</td>
<td role="cell">${chip(state, isOpen ? 'good' : '')}<small class="quiet">until ${timeElement(expiresAt)}</small></td>
<td role="cell">${isOpen ? html`<a href="${link}"><code>${link}</code></a>` : undefined}</td>
<td role="cell">${isOpen ? revoke : undefined}</td></tr>`
}

function stateOf({ used, expiresAt }: Invitation): string {
  if (used) return 'used'
  return Date.now() >= expiresAt ? 'expired' : 'open'
}
