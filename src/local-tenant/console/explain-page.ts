import { html } from 'ghtml'
import type { Explanation } from '../../explain/explanation.ts'
import type { Page } from '../pages/pages.ts'
import { answerOf } from './answer.ts'

/** A place to paste any token. */
export function explainForm(routes: readonly string[]): string {
  const options = routes.map((route) => html`<option>${route}</option>`)
  return html`<form method="post" action="/console/explain">
<label>Token <textarea name="token" rows="4" required spellcheck="false" autocomplete="off"></textarea></label>
<div class="row"><label>Route <select name="route">!${options.join('')}</select></label>
<button>Explain</button></div></form>`
}

const TITLES = { accepted: 'Accepted', refused: 'Refused', undecided: 'Not judged' } as const
const MARKS = {
  passed: ['✓', 'good'],
  failed: ['✗', 'bad'],
  'not judged': ['–', 'quiet'],
} as const

/** What the API makes of a token, check by check. The token itself is not shown again. */
export function explainPage(
  { verdict, answer, advice, checks }: Explanation,
  route: string,
  routes: readonly string[],
): Page {
  return {
    title: TITLES[verdict],
    wide: true,
    body: html`<p><a href="/">Local tenant</a></p>
<p><code>GET ${route}</code></p>
<p>!${answerOf(answer)}</p>
!${checks.some((check) => check.advice === advice) ? '' : html`<p>${advice}</p>`}
!${checksTable(checks)}
<h2>Another one</h2>
!${explainForm(routes)}`,
  }
}

function checksTable(checks: Explanation['checks']): string {
  if (checks.length === 0) return '<p>The route is public: no token is looked at.</p>'
  const rows = checks.map(({ name, outcome, expected, found, advice }) => {
    const [mark, style] = MARKS[outcome]
    const note = outcome === 'passed' ? '' : html`<small class="${style}">${outcome}</small>`
    const more =
      outcome === 'failed' ? html`<small>expected: ${expected}</small><small>${advice}</small>` : ''
    return html`<tr role="row"><th role="rowheader" scope="row">
<span class="${style}" aria-hidden="true">${mark}</span> ${name}!${note}</th>
<td role="cell"><code>${outcome === 'not judged' ? '' : found}</code>!${more}</td></tr>`
  })
  return html`<h2 id="checks">Checks</h2>
<table class="stacks" role="table" aria-labelledby="checks"><tbody role="rowgroup">!${rows.join('\n')}</tbody></table>`
}
