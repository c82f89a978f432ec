import type { AccessPolicy } from '../../access/policy.ts'
import { scopeOf } from '../../access/policy.ts'
import type { ServerAnswer } from '../../explain/explanation.ts'
import { type Html, html } from '../../html/html.ts'
import type { Directory } from '../directory/directory.ts'
import type { Persona } from '../directory/records.ts'
import type { TenantPage } from '../pages/tenant-page.ts'
import type { Session } from '../protocol/authorization/sessions.ts'
import { apiResponse } from './api-response.ts'
import { protectedRoutes } from './console-api.ts'
import { COPY_SCRIPT } from './copy-script.ts'
import { explainForm } from './explain-page.ts'
import { invitationsSection, sessionsSection } from './membership-sections.ts'

/** The response of each route to one caller. */
export interface MatrixRow {
  /** Undefined for calls without a token. */
  readonly persona: Persona | undefined
  readonly responses: readonly ServerAnswer[]
}

export interface HomePageOptions {
  readonly issuer: string
  readonly apiUrl: string
  readonly audience: string
  /** The file of the tenant's data. */
  readonly dataFile: string
  readonly policies: ReadonlyMap<string, AccessPolicy>
  readonly rows: readonly MatrixRow[]
  readonly directory: Directory
  readonly sessions: readonly Session[]
  readonly state: string
  /** The published key ids. The first one signs. */
  readonly keyIds: readonly string[]
  /** Confirms the previous action. */
  readonly confirmation: string
}

/** The front page of the console. */
export function homePage(options: HomePageOptions): TenantPage {
  const { issuer, apiUrl, audience, policies, rows, directory } = options
  const routes = [...policies.keys()]
  return {
    title: 'Local tenant',
    wide: true,
    script: COPY_SCRIPT,
    body: html`<p class="quiet">It signs tokens as <code>${issuer}</code> for <code>${audience}</code>. The API is at
<a href="${apiUrl}/docs">${apiUrl}</a>. Everything here stays on this machine.</p>
<p role="status">${options.confirmation}</p>

<h2 id="matrix">Access by persona and route</h2>
<p>Each cell shows what the API decides about a request with a new token of the persona. No handler runs.</p>
<table class="stacks" role="table" aria-labelledby="matrix">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Persona</th>
${[...policies].map(([route, policy]) => columnHeader(route, policy))}
<th role="columnheader" scope="col">Token</th></tr></thead>
<tbody role="rowgroup">
${rows.map((row) => matrixRow(row, routes))}
</tbody></table>
<form action="/"><button>Check again</button></form>

<h2 id="explain">Why is my token rejected?</h2>
${explainForm(protectedRoutes(policies))}

${faultsSection(options)}
${invitationsSection(directory)}
${sessionsSection(directory, options.sessions)}
${directorySections(options)}`,
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
  return html`<form method="post" action="/console/token">
<input type="hidden" name="persona" value="${name}">
${options.length > 0 ? select : undefined}
<button aria-label="Get token of ${displayName}">Get token</button></form>`
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

function faultsSection({ state, keyIds }: HomePageOptions): Html {
  const rows = FAULTS.map(
    ([fault, name, description]) => html`<tr><td><form method="post" action="/console/faults">
<button name="fault" value="${fault}">${name}</button></form></td><td>${description}</td></tr>`,
  )
  return html`<h2 id="faults">Faults</h2>
<p>Test how a client handles them. The tenant is <strong>${state}</strong>. Published keys, of which the first one signs:</p>
<ul>${keyIds.map((kid) => html`<li><code>${kid}</code></li>`)}</ul>
<table><tbody>${rows}</tbody></table>`
}

function directorySections({ directory, dataFile }: HomePageOptions): Html {
  const { organizations, clients, clientGrants } = directory
  const organizationRows = [...organizations].map(
    ({ id, displayName, known }) =>
      html`<tr><th scope="row">${displayName}</th><td><code>${id}</code></td><td>${known ? 'known to the API' : 'unknown to the API'}</td></tr>`,
  )
  const clientRows = [...clients].map(({ id, name, secret }) => {
    const grants = [...clientGrants]
      .filter(({ client_id }) => client_id === id)
      .map(({ audience }) => `, granted ${audience}`)
    const type = secret === undefined ? 'public, with PKCE' : 'confidential'
    return html`<tr role="row"><th role="rowheader" scope="row">${name}</th><td role="cell"><code>${id}</code></td><td role="cell">${type}${grants.join('')}</td></tr>`
  })
  return html`<h2 id="organizations">Organizations</h2>
<table aria-labelledby="organizations"><tbody>${organizationRows}</tbody></table>
<h2 id="clients">Clients</h2>
<table class="stacks" role="table" aria-labelledby="clients"><tbody role="rowgroup">${clientRows}</tbody></table>
<p class="quiet">To change them, edit <code>${dataFile}</code>.</p>`
}
