import type { ServerAnswer } from '../../../explain/explanation.ts'
import { type Html, html } from '../../../html/html.ts'
import type { JsonObject } from '../../../tokens/jws.ts'
import type { Directory } from '../../directory/directory.ts'
import type { Persona } from '../../directory/records.ts'
import type { TenantPage } from '../../pages/tenant-page.ts'
import { apiResponse } from '../api-response.ts'
import { COPY_SCRIPT } from '../copy-script.ts'
import { describeClaim, formatClaim } from './claims.ts'

export interface TokenPageOptions {
  readonly persona: Persona
  readonly organization: string | undefined
  readonly flaw: keyof typeof FLAW_LABELS
  readonly token: string
  readonly claims: JsonObject
  readonly apiUrl: string
  /** The response of each route to the token. */
  readonly responses: ReadonlyMap<string, ServerAnswer>
}

const FLAW_LABELS = {
  none: 'valid',
  expired: 'expired',
  'wrong-audience': 'for another audience',
  'other-key': 'forged',
} as const

/** An access token to copy, its claims, and the responses of the API. */
export function tokenPage(options: TokenPageOptions): TenantPage {
  const { persona, organization, flaw, token, claims, apiUrl, responses } = options
  const route = [...responses.keys(), '/'].find((label) => label.startsWith('/'))
  const curl = `curl -i -H "Authorization: Bearer ${token}" ${apiUrl}${route}`
  const flawButtons = Object.entries(FLAW_LABELS).map(
    ([value, label]) => html`<button name="flaw" value="${value}">${label}</button>`,
  )
  return {
    title: `A token of ${persona.displayName}`,
    wide: true,
    script: COPY_SCRIPT,
    body: html`<p class="quiet">${FLAW_LABELS[flaw]}</p>
<form method="post" action="/console/tokens" class="row">
<input type="hidden" name="persona" value="${persona.name}">
<input type="hidden" name="organization" value="${organization}">
<span>New token:</span>
${flawButtons}
<button formaction="/console/tokens/bound">bound to a key (DPoP)</button>
</form>

<h2 id="token">Token</h2>
<textarea id="copied-token" rows="6" readonly aria-labelledby="token">${token}</textarea>
<h2 id="curl">curl</h2>
<textarea id="copied-curl" rows="6" readonly aria-labelledby="curl">${curl}</textarea>
<div class="row" data-copies hidden>
<button type="button" data-copy="copied-token">Copy the token</button>
<button type="button" data-copy="copied-curl">Copy the curl line</button>
<span role="status"></span></div>

${responsesSection(token, responses)}
${claimsSection(claims)}`,
  }
}

/** The page where a persona is chosen. */
export function newTokenPage({ personas }: Directory): TenantPage {
  const options = [...personas].map(
    ({ name, displayName }) => html`<option value="${name}">${displayName}</option>`,
  )
  return {
    title: 'Tokens',
    body: html`<form method="post" action="/console/tokens" class="row">
<label>Persona <select name="persona">${options}</select></label>
<button class="primary">Get token</button></form>`,
  }
}

function responsesSection(token: string, responses: TokenPageOptions['responses']): Html {
  const rows = [...responses].map(
    ([route, response]) =>
      html`<tr><th scope="row"><code>${route}</code></th><td>${apiResponse(response)}</td></tr>`,
  )
  return html`<h2 id="answers">Responses of the API</h2>
<table aria-labelledby="answers"><tbody>
${rows}
</tbody></table>
<form method="post" action="/console/explain">
<input type="hidden" name="token" value="${token}">
<input type="hidden" name="route" value="${[...responses.keys()].at(-1)}">
<button>Explain it check by check</button></form>`
}

/** The claims of a token, with explanations. */
export function claimsSection(claims: JsonObject): Html {
  const rows = Object.entries(claims).map(
    ([claim, value]) =>
      html`<tr role="row"><th role="rowheader" scope="row"><code>${claim}</code></th>
<td role="cell"><code>${formatClaim(claim, value)}</code></td><td role="cell">${describeClaim(claim)}</td></tr>`,
  )
  return html`<h2 id="claims">Claims</h2>
<table class="stacks" role="table" aria-labelledby="claims"><thead role="rowgroup"><tr role="row">
<th role="columnheader" scope="col">Claim</th><th role="columnheader" scope="col">Value</th>
<th role="columnheader" scope="col">Meaning</th></tr></thead><tbody role="rowgroup">
${rows}
</tbody></table>`
}
