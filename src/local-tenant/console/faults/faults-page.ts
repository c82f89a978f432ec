import { html } from '../../../html/html.ts'
import type { TenantPage } from '../../pages/tenant-page.ts'

export interface FaultsPageOptions {
  readonly state: string
  /** The published key ids. The first one signs. */
  readonly keyIds: readonly string[]
  /** Confirms the previous action. */
  readonly confirmation: string
}

const FAULTS = [
  ['rotate', 'Rotate keys', 'Sign with the next key, which is already published.'],
  [
    'withdraw',
    'Withdraw old keys',
    'Stop publishing the keys that signed before. The API rejects their tokens after its next fetch of the JWKS.',
  ],
  [
    'down',
    'Down for 10 s',
    'Respond with 503 to all requests. The API continues with its cached keys.',
  ],
  ['slow', 'Slow: 3 s', 'Delay each response.'],
  ['rate-limit', 'Rate limit for 10 s', 'Respond with 429 to requests to the Management API.'],
  ['up', 'Back to normal', 'End the faults above.'],
] as const

export function faultsView({ state, keyIds, confirmation }: FaultsPageOptions): TenantPage {
  const rows = FAULTS.map(
    ([fault, name, description]) => html`<tr><td><form method="post" action="/console/faults">
<button name="fault" value="${fault}">${name}</button></form></td><td>${description}</td></tr>`,
  )
  return {
    title: 'Keys and faults',
    wide: true,
    body: html`<p role="status">${confirmation}</p>
<h2 id="faults">Faults</h2>
<p>Test how a client handles them. The tenant is <strong>${state}</strong>. Published keys, of which the first one signs:</p>
<ul>${keyIds.map((kid) => html`<li><code>${kid}</code></li>`)}</ul>
<table><tbody>${rows}</tbody></table>`,
  }
}
