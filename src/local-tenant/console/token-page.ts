import { html } from 'ghtml'
import type { ServerAnswer } from '../../explain/explanation.ts'
import type { JsonObject } from '../../tokens/jws.ts'
import type { Persona } from '../directory/data.ts'
import type { Page } from '../pages/pages.ts'
import { answerOf } from './answer.ts'
import { meaningOf, textOf } from './claims.ts'
import { SCRIPT } from './script.ts'

export interface TokenView {
  readonly persona: Persona
  readonly organization: string | undefined
  /** What is wrong with the token. */
  readonly flaw: keyof typeof FLAWS
  readonly token: string
  readonly claims: JsonObject
  readonly apiUrl: string
  /** What each route answered to it. */
  readonly answers: ReadonlyMap<string, ServerAnswer>
}

const FLAWS = {
  none: 'a good one',
  expired: 'expired',
  audience: 'for another audience',
  forged: 'forged',
} as const

/** A token to copy, what it says, and what the API says to it. */
export function tokenPage(view: TokenView): Page {
  const { persona, flaw, token, claims, apiUrl, answers } = view
  const curl = `curl -i -H "Authorization: Bearer ${token}" ${apiUrl}/api/messages/protected`
  return {
    title: `A token of ${persona.displayName}`,
    wide: true,
    script: SCRIPT,
    body: html`<p><a href="/">Local tenant</a> <span class="quiet">${FLAWS[flaw]}</span></p>
<form method="post" action="/console/token" class="row">
<input type="hidden" name="persona" value="${persona.name}">
<input type="hidden" name="organization" value="${view.organization ?? ''}">
<span>Another one:</span>
!${Object.entries(FLAWS)
      .map(([value, text]) => html`<button name="flaw" value="${value}">${text}</button>`)
      .join('\n')}
</form>

<h2 id="token">Token</h2>
<textarea id="copied-token" rows="6" readonly aria-labelledby="token">${token}</textarea>
<h2 id="curl">curl</h2>
<textarea id="copied-curl" rows="6" readonly aria-labelledby="curl">${curl}</textarea>
<div class="row" data-copies hidden>
<button type="button" data-copy="copied-token">Copy the token</button>
<button type="button" data-copy="copied-curl">Copy the curl line</button>
<span role="status"></span></div>

<h2 id="answers">What the API says</h2>
<table aria-labelledby="answers"><tbody>
!${[...answers].map(([route, answer]) => html`<tr><th scope="row"><code>${route}</code></th><td>!${answerOf(answer)}</td></tr>`).join('\n')}
</tbody></table>
<form method="post" action="/console/explain">
<input type="hidden" name="token" value="${token}">
<input type="hidden" name="route" value="${[...answers.keys()].at(-1)}">
<button>Explain it check by check</button></form>

<h2 id="claims">Claims</h2>
<table class="stacks" role="table" aria-labelledby="claims"><thead role="rowgroup"><tr role="row">
<th role="columnheader" scope="col">Claim</th><th role="columnheader" scope="col">Value</th>
<th role="columnheader" scope="col">What it means</th></tr></thead><tbody role="rowgroup">
!${Object.entries(claims)
      .map(
        ([
          claim,
          value,
        ]) => html`<tr role="row"><th role="rowheader" scope="row"><code>${claim}</code></th>
<td role="cell"><code>${textOf(claim, value)}</code></td><td role="cell">${meaningOf(claim)}</td></tr>`,
      )
      .join('\n')}
</tbody></table>`,
  }
}
