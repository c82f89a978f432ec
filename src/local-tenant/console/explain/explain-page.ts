import type { Explanation } from '../../../explain/explanation.ts'
import { type Html, html } from '../../../html/html.ts'
import type { TenantPage } from '../../pages/tenant-page.ts'
import { apiResponse } from '../api-response.ts'

/** A form to paste a token. */
export function explainForm(routes: readonly string[]): Html {
  const options = routes.map((route) => html`<option>${route}</option>`)
  return html`<form method="post" action="/console/explain">
<label>Token <textarea name="token" rows="4" required spellcheck="false" autocomplete="off"></textarea></label>
<div class="row"><label>Route <select name="route">${options}</select></label>
<button>Explain</button></div></form>`
}

/** The page where a token is pasted. */
export function pastePage(routes: readonly string[]): TenantPage {
  return {
    title: 'Explain',
    body: html`<p class="lead">Why does the API accept or reject a token?</p>
<div class="card">${explainForm(routes)}</div>`,
  }
}

const TITLES = { accepted: 'Accepted', refused: 'Rejected', undecided: 'Not checked' } as const
const OUTCOMES = {
  passed: { mark: '✓', style: 'good', note: undefined },
  failed: { mark: '✗', style: 'bad', note: 'failed' },
  'not checked': { mark: '–', style: 'quiet', note: 'not checked' },
} as const

/** The checks of a token and their results. The token itself is not shown again. */
export function explainPage(
  { result, answer, advice, pendingCheck, checks }: Explanation,
  route: string,
  routes: readonly string[],
): TenantPage {
  const isRepeated = checks.some((check) => check.advice === advice)
  return {
    title: TITLES[result],
    wide: true,
    body: html`<p><code>GET ${route}</code></p>
<p>${apiResponse(answer)}</p>
${isRepeated ? undefined : html`<p>${advice}</p>`}
${checksTable(checks)}
${pendingCheck && html`<p>The check <code>${pendingCheck}</code> of the product needs a real request: it was not made.</p>`}
<h2>Explain another token</h2>
${explainForm(routes)}`,
  }
}

function checksTable(checks: Explanation['checks']): Html {
  if (checks.length === 0) return html`<p>The route is public: no token is checked.</p>`
  const rows = checks.map(({ name, outcome, expected, found, advice }) => {
    const { mark, style, note } = OUTCOMES[outcome]
    const value = outcome === 'not checked' ? undefined : found
    const details =
      outcome === 'failed'
        ? html`<small>expected: ${expected}</small><small>${advice}</small>`
        : undefined
    return html`<tr role="row"><th role="rowheader" scope="row">
<span class="${style}" aria-hidden="true">${mark}</span> ${name}${note && html`<small class="${style}">${note}</small>`}</th>
<td role="cell"><code>${value}</code>${details}</td></tr>`
  })
  return html`<h2 id="checks">Checks</h2>
<table class="stacks" role="table" aria-labelledby="checks"><tbody role="rowgroup">${rows}</tbody></table>`
}
