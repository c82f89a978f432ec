import { REJECTIONS } from '../../../access/challenge.ts'
import type { Check } from '../../../explain/checks.ts'
import type { Explanation } from '../../../explain/explanation.ts'
import { type Html, html } from '../../../html/html.ts'
import type { TenantPage } from '../../pages/tenant-page.ts'
import { answerChip, routeField, table } from '../components.ts'
import type { RouteAnswer } from '../console-api.ts'
import { decodedToken, encodedToken } from '../decoded-token.ts'

export interface ExplainPageOptions {
  readonly explanation: Explanation
  readonly token: string
  readonly route: string
  /** What the API answers on each route that requires a token. */
  readonly answers: ReadonlyMap<string, RouteAnswer>
}

const TITLES = { accepted: 'Accepted', refused: 'Rejected', undecided: 'Not checked' } as const
const TONES = { accepted: 'good', refused: 'bad', undecided: 'warn' } as const
const OUTCOMES = {
  passed: { mark: '✓', style: 'good', note: undefined },
  failed: { mark: '✗', style: 'bad', note: 'failed' },
  'not checked': { mark: '–', style: 'quiet', note: 'not checked' },
} as const

/** The page where a token is pasted. */
export function pastePage(routes: readonly string[]): TenantPage {
  return {
    title: 'Explain',
    body: html`<p class="lead">Why does the API accept or reject a token? Paste one: also an opaque or a broken one.
It stays on this machine, and is not logged.</p>
<div class="card">${explainForm(routes)}</div>
<p><a href="/console/explain/reasons">All reasons for a rejection</a></p>`,
  }
}

function explainForm(routes: readonly string[], token = '', route = ''): Html {
  return html`<form method="post" action="/console/explain">
<label>Token <textarea name="token" rows="5" required spellcheck="false" autocomplete="off">${token}</textarea></label>
<div class="row">${routeField(routes, route)}
<button class="primary">Explain</button></div></form>`
}

/** The result with what to do, then the decoded token beside the checks that it met. */
export function explainPage(options: ExplainPageOptions): TenantPage {
  const { explanation, token, route, answers } = options
  const { result, answer, code, checks } = explanation
  return {
    title: TITLES[result],
    wide: true,
    body: html`<div class="alert outcome ${TONES[result]}"><p>${sentence(explanation)}</p></div>
<p class="chips"><code>${route}</code> ${answerChip(answer.status)} <span>${answer.message}</span>
${code && reasonLink(code)}</p>
${placeOf(code)}
${answer.challenge && html`<details><summary>Challenge</summary><code>${answer.challenge}</code></details>`}
<div class="card">${explainForm([...answers.keys()], token, route)}</div>
${checksSection(checks)}
<h2>Token</h2>
${encodedToken(token)}
${decodedToken(token, checks)}
${otherRoutes(options)}`,
  }
}

/** What happened, and what to do. */
function sentence({ result, answer, advice, pendingCheck, checks }: Explanation): Html {
  if (pendingCheck !== undefined) {
    return html`The token is good. The check <code>${pendingCheck}</code> of the product needs a real request: it was not made.`
  }
  if (checks.length === 0) return html`The route is public: no token is checked.`
  if (result === 'accepted') return html`The token is good for this route. There is nothing to do.`
  return html`${advice ?? answer.message}`
}

/** Where the advice for a real tenant can be followed in this one. */
const PLACES: Readonly<Record<string, readonly [path: string, name: string]>> = {
  permission_missing: ['/console/people', 'People and roles'],
  organization_unknown: ['/console/organizations', 'Organizations'],
  authentication_insufficient: ['/console/tokens', 'Tokens'],
  token_expired: ['/console/tokens', 'Tokens'],
  audience_mismatch: ['/console/tokens', 'Tokens'],
  id_token: ['/console/tokens', 'Tokens'],
  token_malformed: ['/console/tokens', 'Tokens'],
  unknown_key: ['/console/faults', 'Keys and faults'],
}

function placeOf(code = ''): Html | undefined {
  if (!Object.hasOwn(PLACES, code)) return undefined
  const [path, name] = PLACES[code] as readonly [string, string]
  return html`<p class="quiet">In the local tenant: <a href="${path}">${name}</a></p>`
}

/** A link to the explanation of a reason, without the token. */
function reasonLink(code: string): Html {
  return html`<a href="/console/explain/reasons#${code}"><code>${code}</code></a>`
}

/** The checks that a token met. Undefined for a public route. */
export function checksSection(checks: readonly Check[]): Html | undefined {
  if (checks.length === 0) return undefined
  const made = checks.filter(({ outcome }) => outcome !== 'not checked')
  const others = checks.filter(({ outcome }) => outcome === 'not checked')
  const folded = html`<details><summary>Not checked (${others.length})</summary>
<p class="quiet">After the first failure, the API does not look at these: ${others.map(({ name }) => name).join(', ')}.</p></details>`
  return html`<h2 id="checks">Checks</h2>
${table('checks', [], made.map(checkRow))}
${others.length === 0 ? undefined : folded}`
}

function checkRow({ name, outcome, expected, found, advice }: Check): Html {
  const { mark, style, note } = OUTCOMES[outcome]
  const details =
    outcome === 'failed'
      ? html`<small>expected: ${expected}</small><small>${advice}</small>`
      : undefined
  return html`<tr role="row"><th role="rowheader" scope="row">
<span class="line"><span class="${style}" aria-hidden="true">${mark}</span> ${name}</span>${note && html`<small class="${style}">${note}</small>`}</th>
<td role="cell"><code>${found}</code>${details}</td></tr>`
}

function otherRoutes({ token, route, answers }: ExplainPageOptions): Html | undefined {
  const rows = [...answers].flatMap(([name, { status, code }]) => {
    if (name === route) return []
    return [
      html`<tr role="row"><th role="rowheader" scope="row"><code>${name}</code></th>
<td role="cell">${answerChip(status)} <span class="quiet">${code}</span></td>
<td role="cell"><button class="small" name="route" value="${name}" aria-label="Explain ${name}">Explain</button></td></tr>`,
    ]
  })
  if (rows.length === 0) return undefined
  return html`<h2 id="others">The same token on the other routes</h2>
<form method="post" action="/console/explain"><input type="hidden" name="token" value="${token}">
${table('others', [], rows)}</form>`
}

/** What each reason means. Links to a reason have no token. */
export function reasonsPage(): TenantPage {
  const rows = Object.entries(REJECTIONS).map(
    ([code, description]) =>
      html`<tr role="row" id="${code}"><th role="rowheader" scope="row"><code>${code}</code></th><td role="cell">${description}</td></tr>`,
  )
  return {
    title: 'Reasons for a rejection',
    wide: true,
    body: html`<p class="lead">The codes in the log, in <code>explain --json</code> and on the pages of the console.</p>
<table class="stacks" role="table" aria-label="Reasons"><tbody role="rowgroup">${rows}</tbody></table>
<p><a href="/console/explain">Explain a token</a></p>`,
  }
}
