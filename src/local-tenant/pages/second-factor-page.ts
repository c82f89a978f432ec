import { html } from '../../html/html.ts'
import type { Persona } from '../directory/records.ts'
import type { AuthorizationRequest } from '../protocol/authorization/authorization-request.ts'
import type { TenantPage } from './tenant-page.ts'

/** The page between a login and the application, if the application asks for a second factor. */
export function secondFactorPage(
  transaction: string,
  { client }: AuthorizationRequest,
  { displayName }: Persona,
): TenantPage {
  return {
    title: 'Second factor',
    body: html`<p class="lead">for <strong>${displayName}</strong>, to <strong>${client.name}</strong></p>
<p class="alert">This is the local tenant on your machine. <strong>The second factor is pretend:</strong> there is no code and no device.</p>
<form method="post" action="/second-factor" class="card">
<input type="hidden" name="transaction" value="${transaction}">
<div class="row"><button class="primary" name="action" value="use" autofocus>Use the pretend factor</button>
<button name="action" value="refuse">Refuse</button></div></form>
<p class="quiet">Without it, the login ends with <code>access_denied</code>.</p>`,
  }
}
