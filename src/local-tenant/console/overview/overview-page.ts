import { type AccessPolicy, type Requirements, scopeOf } from '../../../access/policy.ts'
import { authenticationInWords } from '../../../access/step-up.ts'
import { statusChip } from '../../../html/components.ts'
import { type Html, html } from '../../../html/html.ts'
import type { Persona } from '../../directory/records.ts'
import type { TenantPage } from '../../pages/tenant-page.ts'
import { answerChip } from '../components.ts'
import type { RouteAnswer } from '../console-api.ts'

/** The response of each route to one caller. */
export interface MatrixRow {
  /** Undefined for calls without a token. */
  readonly persona: Persona | undefined
  readonly responses: readonly RouteAnswer[]
}

export interface OverviewOptions {
  readonly issuer: string
  readonly apiUrl: string
  readonly audience: string
  readonly policies: ReadonlyMap<string, AccessPolicy>
  readonly rows: readonly MatrixRow[]
}

/** The front page of the console. */
export function overviewPage({
  issuer,
  apiUrl,
  audience,
  policies,
  rows,
}: OverviewOptions): TenantPage {
  const routes = [...policies.keys()]
  return {
    title: 'Overview',
    wide: true,
    body: html`<p class="lead">The tenant signs tokens as <code>${issuer}</code> for <code>${audience}</code>.
The API is at <code>${apiUrl}</code>. Everything here stays on this machine.</p>
<div class="bar"><h2 id="matrix">Who may call what</h2>
<form action="/console/overview"><button class="small">Check again</button></form></div>
<p class="quiet">What the API decides about a request with a new token of each persona. No handler runs, and nothing is
logged. Open a rejection to see the reason.</p>
<div class="matrix" role="region" aria-labelledby="matrix" tabindex="0">
<table class="stacks" role="table" aria-labelledby="matrix">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Persona</th>
${[...policies].map(([route, policy]) => columnHeader(route, policy))}
<th role="columnheader" scope="col">Token</th></tr></thead>
<tbody role="rowgroup">
${rows.map((row) => matrixRow(row, routes))}
</tbody></table></div>`,
  }
}

function columnHeader(route: string, policy: AccessPolicy): Html {
  const required = policy === 'public' ? 'nothing' : inWords(policy) || 'a token'
  return html`<th role="columnheader" scope="col"><code>${breakable(route)}</code><small>requires ${required}</small></th>`
}

function inWords(policy: Requirements): string {
  return [...scopeOf(policy), ...authenticationInWords(policy)].join(', ')
}

/** A route that is broken before a slash where the column is narrow. */
function breakable(route: string): Html {
  const [first, ...others] = route.split('/')
  return others.reduce((start, part) => html`${start}<wbr>/${part}`, html`${first}`)
}

function matrixRow({ persona, responses }: MatrixRow, routes: readonly string[]): Html {
  const cells = responses.map((response, index) => {
    const route = String(routes[index])
    return html`<td role="cell"><code class="name">${route}</code> ${cell(response, route, persona)}</td>`
  })
  return html`<tr role="row"><th role="rowheader" scope="row">${rowHeader(persona)}</th>
${cells}
<td role="cell">${persona && tokenForm(persona)}</td></tr>`
}

function rowHeader(persona: Persona | undefined): Html {
  if (persona === undefined) return html`anonymous<small class="quiet">no token</small>`
  const { name, displayName, roles, organizations } = persona
  const details = [...roles, ...organizations].join(', ')
  return html`${displayName}<small class="quiet">${name}${details && `: ${details}`}</small>`
}

/** The status, and the reason of a rejection with its details on demand. */
function cell(answer: RouteAnswer, route: string, persona: Persona | undefined): Html {
  const { status, message, challenge, code } = answer
  if (status === 200) return statusChip(200)
  if (status === 0) return html`${answerChip(0)}<small>${message}</small>`
  return html`<details><summary>${statusChip(status)} <small>${code}</small></summary>
<small>${message}</small>${challenge && html`<code>${challenge}</code>`}
${persona && explainForm(route, persona)}</details>`
}

function explainForm(route: string, { name, displayName }: Persona): Html {
  return html`<form method="post" action="/console/explain"><input type="hidden" name="persona" value="${name}">
<button class="small" name="route" value="${route}" aria-label="Explain ${route} for ${displayName}">Explain</button></form>`
}

function tokenForm({ name, displayName }: Persona): Html {
  return html`<form method="post" action="/console/tokens">
<button class="small" name="persona" value="${name}" aria-label="Get token of ${displayName}">Get token</button></form>`
}
