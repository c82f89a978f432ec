import { type Html, html } from '../../../html/html.ts'
import type { JsonObject } from '../../../tokens/jws.ts'
import type { TenantPage } from '../../pages/tenant-page.ts'
import type { Attempt } from '../bound-caller.ts'
import { apiResponse, routeField } from '../components.ts'
import { COPY_SCRIPT } from '../copy-script.ts'
import { decodedToken } from '../decoded-token.ts'

export interface BoundTokenPageOptions {
  readonly token: string
  readonly claims: JsonObject
  /** The routes that require a token. */
  readonly routes: readonly string[]
  /** The selected one. */
  readonly route: string
  readonly attempts: readonly Attempt[]
  /** The proof that was sent last. */
  readonly proof: string | undefined
}

/** An access token that is bound to a key of the console, and ways to send it. */
export function boundTokenPage(options: BoundTokenPageOptions): TenantPage {
  const { token, claims, attempts } = options
  return {
    title: 'Bound token',
    wide: true,
    script: COPY_SCRIPT,
    body: html`${subjectLine(claims)}
<p>This token is bound to a key of the console (DPoP, RFC 9449). Anyone who has the token but not the key cannot
use it: each request needs a new proof, which the key signs.</p>
${actionForm(options)}
${attemptsTable(attempts)}
<h2 id="token">Token</h2>
<textarea id="copied-token" rows="6" readonly aria-labelledby="token">${token}</textarea>
<div class="row" data-copies hidden><button type="button" data-copy="copied-token">Copy the token</button>
<span role="status"></span></div>
${decodedToken(token)}`,
  }
}

function subjectLine({ sub }: JsonObject): Html | undefined {
  return typeof sub === 'string' ? html`<p class="lead">For <code>${sub}</code></p>` : undefined
}

function actionForm({ token, routes, route, proof }: BoundTokenPageOptions): Html {
  return html`<form method="post" action="/console/tokens/bound">
<input type="hidden" name="token" value="${token}">
${proof && html`<input type="hidden" name="proof" value="${proof}">`}
<div class="row">${routeField(routes, route)}
<button name="action" value="dpop">Send as DPoP</button>
<button name="action" value="bearer">Send as Bearer</button>
${proof && html`<button name="action" value="replay">Replay the last proof</button>`}</div></form>`
}

function attemptsTable(attempts: readonly Attempt[]): Html | undefined {
  if (attempts.length === 0) return undefined
  const rows = attempts.map(
    ({ sent, answer }) =>
      html`<tr><th scope="row">${sent}</th><td>${apiResponse(answer)}</td></tr>`,
  )
  return html`<h2 id="answers">Responses of the API</h2>
<table aria-labelledby="answers"><tbody>${rows}</tbody></table>`
}
