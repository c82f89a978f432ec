import type { AccessPolicy } from '../../../access/policy.ts'
import { scopeOf } from '../../../access/policy.ts'
import type { ServerAnswer } from '../../../explain/explanation.ts'
import { type Html, html } from '../../../html/html.ts'
import type { Persona } from '../../directory/records.ts'
import type { TenantPage } from '../../pages/tenant-page.ts'
import { apiResponse } from '../api-response.ts'

/** The response of each route to one caller. */
export interface MatrixRow {
  /** Undefined for calls without a token. */
  readonly persona: Persona | undefined
  readonly responses: readonly ServerAnswer[]
}

export interface OverviewOptions {
  readonly issuer: string
  readonly apiUrl: string
  readonly audience: string
  readonly policies: ReadonlyMap<string, AccessPolicy>
  readonly rows: readonly MatrixRow[]
}

/** The front page of the console. */
export function overviewPage(options: OverviewOptions): TenantPage {
  const { issuer, apiUrl, audience, policies, rows } = options
  const routes = [...policies.keys()]
  return {
    title: 'Overview',
    wide: true,
    body: html`<p class="quiet">It signs tokens as <code>${issuer}</code> for <code>${audience}</code>. The API is at
<a href="${apiUrl}/docs">${apiUrl}</a>. Everything here stays on this machine.</p>
<h2 id="matrix">Access by persona and route</h2>
<p>Each cell shows what the API decides about a request with a new token of the persona. No handler runs.</p>
<table class="stacks" role="table" aria-labelledby="matrix">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Persona</th>
${[...policies].map(([route, policy]) => columnHeader(route, policy))}
<th role="columnheader" scope="col">Token</th></tr></thead>
<tbody role="rowgroup">
${rows.map((row) => matrixRow(row, routes))}
</tbody></table>
<form action="/console/overview"><button>Check again</button></form>
`,
  }
}

function columnHeader(route: string, policy: AccessPolicy): Html {
  const required = policy === 'public' ? 'nothing' : scopeOf(policy).join(', ') || 'a token'
  return html`<th role="columnheader" scope="col"><code>${route}</code><small>requires ${required}</small></th>`
}

function matrixRow({ persona, responses }: MatrixRow, routes: readonly string[]): Html {
  const cells = responses.map(
    (response, index) =>
      html`<td role="cell"><span class="name">${routes[index]} </span>${apiResponse(response)}</td>`,
  )
  return html`<tr role="row"><th role="rowheader" scope="row">${rowHeader(persona)}</th>
${cells}
<td role="cell">${persona && tokenForm(persona)}</td></tr>`
}

function rowHeader(persona: Persona | undefined): Html {
  if (persona === undefined) return html`anonymous<small class="quiet">no token</small>`
  const { name, displayName, roles, organizations } = persona
  const details = [name, ...roles, ...organizations].join(', ')
  return html`${displayName}<small class="quiet">${details}</small>`
}

function tokenForm({ name, displayName, organizations }: Persona): Html {
  const options = organizations.map((id) => html`<option>${id}</option>`)
  const select = html`<label><span class="quiet">Organization</span> <select name="organization">${options}</select></label>`
  return html`<form method="post" action="/console/tokens">
<input type="hidden" name="persona" value="${name}">
${options.length > 0 ? select : undefined}
<button aria-label="Get token of ${displayName}">Get token</button></form>`
}
