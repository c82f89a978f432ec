import { html } from 'ghtml'
import type { AccessPolicy } from '../../access/policy.ts'
import { permissionsOf as permissionsIn } from '../../access/policy.ts'
import type { ServerAnswer } from '../../explain/explanation.ts'
import type { Persona } from '../directory/data.ts'
import type { Directory } from '../directory/directory.ts'
import type { Page } from '../pages/pages.ts'
import type { Session } from '../protocol/authorization/sessions.ts'
import { answerOf } from './answer.ts'
import { guarded } from './api.ts'
import { explainForm } from './explain-page.ts'
import { invitationsPart, sessionsPart } from './people-page.ts'
import { SCRIPT } from './script.ts'

/** Who calls, and what each route answered. */
export interface Row {
  /** Undefined for whoever brings no token. */
  readonly persona: Persona | undefined
  readonly answers: readonly ServerAnswer[]
}

export interface Home {
  readonly issuer: string
  readonly apiUrl: string
  readonly audience: string
  readonly policies: ReadonlyMap<string, AccessPolicy>
  readonly rows: readonly Row[]
  readonly directory: Directory
  readonly sessions: readonly Session[]
  readonly state: string
  /** The published key ids; the first one signs. */
  readonly keys: readonly string[]
  /** What was just done. */
  readonly done: string
}

/** The front page: who may call what, as it is this moment. */
export function homePage(home: Home): Page {
  const { issuer, apiUrl, audience, policies, rows, done } = home
  const routes = [...policies.keys()]
  return {
    title: 'Local tenant',
    wide: true,
    script: SCRIPT,
    body: html`<p class="quiet">It signs tokens as <code>${issuer}</code> for <code>${audience}</code>. The API is at
<a href="${apiUrl}/docs">${apiUrl}</a>. Everything here stays on this machine.</p>
<p role="status">${done}</p>

<h2 id="matrix">Who may call what</h2>
<p>Each cell is a call that has just been made, with a new token of that persona.</p>
<table class="stacks" role="table" aria-labelledby="matrix">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Persona</th>
!${[...policies].map(([route, policy]) => columnHead(route, policy)).join('\n')}
<th role="columnheader" scope="col">Token</th></tr></thead>
<tbody role="rowgroup">
!${rows.map((row) => rowOf(row, routes)).join('\n')}
</tbody></table>
<form action="/"><button>Call again</button></form>

<h2 id="explain">Why is my token refused?</h2>
!${explainForm(guarded(policies))}

!${faultsPart(home)}
!${invitationsPart(home.directory)}
!${sessionsPart(home.directory, home.sessions)}
!${peoplePart(home.directory)}`,
  }
}

function columnHead(route: string, policy: AccessPolicy): string {
  const needs = policy === 'public' ? 'nothing' : permissionsIn(policy).join(', ') || 'a token'
  return html`<th role="columnheader" scope="col"><code>${route}</code><small>needs ${needs}</small></th>`
}

function rowOf({ persona, answers }: Row, routes: readonly string[]): string {
  const cells = answers.map(
    (answer, index) =>
      html`<td role="cell"><span class="name">${routes[index]} </span>!${answerOf(answer)}</td>`,
  )
  const head =
    persona === undefined
      ? html`nobody<small class="quiet">no token</small>`
      : html`${persona.displayName}<small class="quiet">${[persona.name, ...persona.roles, ...persona.organizations].join(', ')}</small>`
  return html`<tr role="row"><th role="rowheader" scope="row">!${head}</th>
!${cells.join('\n')}
<td role="cell">!${persona === undefined ? '' : tokenForm(persona)}</td></tr>`
}

function tokenForm(persona: Persona): string {
  const choices = persona.organizations.map((id) => html`<option>${id}</option>`)
  const choice = html`<label><span class="quiet">Organization</span> <select name="organization">!${choices.join('')}</select></label>`
  return html`<form method="post" action="/console/token">
<input type="hidden" name="persona" value="${persona.name}">
!${choices.length > 0 ? choice : ''}
<button aria-label="Get token of ${persona.displayName}">Get token</button></form>`
}

const FAULTS = [
  ['rotate', 'Rotate keys', 'Sign with the next key, which is published already.'],
  [
    'withdraw',
    'Withdraw old keys',
    'Publish the keys that signed before no longer. The API refuses their tokens from its next fetch on.',
  ],
  ['down', 'Down for 10 s', 'Answer 503 to everybody; the API goes on with the keys it has.'],
  ['slow', 'Slow: 3 s', 'Answer each request that much later.'],
  ['rate-limit', 'Rate limit for 10 s', 'Answer 429 to callers of the Management API.'],
  ['up', 'Back to normal', 'End the faults above.'],
] as const

function faultsPart({ state, keys }: Home): string {
  const rows = FAULTS.map(
    ([fault, name, what]) => html`<tr><td><form method="post" action="/console/faults">
<button name="fault" value="${fault}">${name}</button></form></td><td>${what}</td></tr>`,
  )
  return html`<h2 id="faults">Faults</h2>
<p>See how a client copes. The tenant is <strong>${state}</strong>; published keys, of which the first one signs:</p>
<ul>!${keys.map((kid) => html`<li><code>${kid}</code></li>`).join('')}</ul>
<table><tbody>!${rows.join('\n')}</tbody></table>`
}

function peoplePart({ organizations, clients, clientGrants }: Directory): string {
  const known = [...organizations].map(
    ({ id, displayName, known }) =>
      html`<tr><th scope="row">${displayName}</th><td><code>${id}</code></td><td>${known ? 'known to the API' : 'unknown to the API'}</td></tr>`,
  )
  const grantedTo = (id: string) => [...clientGrants].filter(({ client_id }) => client_id === id)
  const apps = [...clients].map(
    ({ id, name, secret }) =>
      html`<tr role="row"><th role="rowheader" scope="row">${name}</th><td role="cell"><code>${id}</code></td><td role="cell">${secret === undefined ? 'public, with PKCE' : 'confidential'}${grantedTo(
        id,
      )
        .map(({ audience }) => `, granted ${audience}`)
        .join('')}</td></tr>`,
  )
  return html`<h2 id="organizations">Organizations</h2>
<table aria-labelledby="organizations"><tbody>!${known.join('\n')}</tbody></table>
<h2 id="clients">Clients</h2>
<table class="stacks" role="table" aria-labelledby="clients"><tbody role="rowgroup">!${apps.join('\n')}</tbody></table>
<p class="quiet">All of it is in <code>src/local-tenant/directory/data.ts</code>: edit it, and start again.</p>`
}
