import { chip, timeElement } from '../../../html/components.ts'
import { type Html, html } from '../../../html/html.ts'
import type { Directory } from '../../directory/directory.ts'
import type { TenantPage } from '../../pages/tenant-page.ts'
import type { LogoutDelivery } from '../../protocol/authorization/backchannel-logout.ts'
import type { Session } from '../../protocol/authorization/sessions.ts'
import { table } from '../components.ts'

export const PATH = '/console/sessions'

export interface SessionsViewOptions {
  readonly sessions: readonly Session[]
  /** The latest last. */
  readonly deliveries: readonly LogoutDelivery[]
  readonly directory: Directory
  readonly notice: Html
}

/** Who is logged in, and the results of back-channel logout. */
export function sessionsView(options: SessionsViewOptions): TenantPage {
  const { sessions, deliveries, directory, notice } = options
  const rows = sessions.map((session) => sessionRow(session, directory))
  const none = html`<div class="empty"><p>Nobody is logged in.</p>
<p>Log in with an application: <a href="/console/clients">see the clients</a>.</p></div>`
  const results = deliveries.map((delivery) => deliveryRow(delivery, directory)).reverse()
  const noResults = html`<p class="quiet">No notice was sent yet. End a session of a client that has a
<code>backchannelLogoutUri</code>.</p>`
  return {
    title: 'Sessions',
    wide: true,
    body: html`${notice}
<p class="lead">Logins at the tenant. When one ends, its clients are notified by back-channel logout.</p>
<h2 id="sessions">Logged in</h2>
${rows.length > 0 ? table('sessions', ['Who', 'Organization', 'Since', 'Clients', 'End'], rows) : none}
<h2 id="deliveries">Back-channel logout</h2>
${results.length > 0 ? table('deliveries', ['Client', 'Sent to', 'Session', 'Result'], results) : noResults}`,
  }
}

function sessionRow(session: Session, { organizations, clients: all }: Directory): Html {
  const { sid, persona, organization, authTime, acr, clients } = session
  const names = [...clients].map((id) => all.get(id)?.name ?? id)
  return html`<tr role="row"><th role="rowheader" scope="row">${persona.displayName}<small class="quiet">${persona.name}</small></th>
<td role="cell">${organization === undefined ? html`<span class="quiet">none</span>` : (organizations.get(organization)?.displayName ?? organization)}</td>
<td role="cell">${timeElement(authTime * 1000)}${acr && html`<small class="quiet">with the second factor</small>`}</td>
<td role="cell">${names.join(', ')}</td>
<td role="cell"><form method="post" action="${PATH}">
<button class="danger small" name="sid" value="${sid}" aria-label="End the session of ${persona.displayName}">End</button></form></td></tr>`
}

function deliveryRow(delivery: LogoutDelivery, { clients }: Directory): Html {
  const { client, uri, sid, outcome } = delivery
  return html`<tr role="row"><th role="rowheader" scope="row">${clients.get(client)?.name ?? client}</th>
<td role="cell"><code>${uri}</code></td><td role="cell"><code>${sid}</code></td>
<td role="cell">${chip(outcome, isDelivered(delivery) ? 'good' : 'bad')}</td></tr>`
}

/** Whether the client took the logout token (OpenID Connect Back-Channel Logout 1.0 §2.8). */
export function isDelivered({ outcome }: LogoutDelivery): boolean {
  return outcome === 200 || outcome === 204
}
