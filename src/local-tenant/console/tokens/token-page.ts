import { type Html, html } from '../../../html/html.ts'
import type { Directory } from '../../directory/directory.ts'
import type { TenantPage } from '../../pages/tenant-page.ts'
import type { Parameters } from '../../protocol/parameters.ts'
import type { TokenFlaw } from '../../protocol/tokens/wrong-tokens.ts'
import { answerChip, table } from '../components.ts'
import { PLAIN_GET, type RouteAnswer } from '../console-api.ts'
import { COPY_SCRIPT } from '../copy-script.ts'
import { decodedToken, encodedToken } from '../decoded-token.ts'
import { MAX_LIFETIME_SECONDS, NO_ORGANIZATION } from './token-options.ts'

/** What the API answered to a real call. */
export interface CallResult {
  readonly route: string
  /** 0 if there was no answer. */
  readonly status: number
  readonly body: string
}

export interface TokenPageOptions {
  readonly directory: Directory
  /** Those of the form that described the token. */
  readonly parameters: Parameters
  readonly token: string
  readonly apiUrl: string
  /** The decision of each route about the token. */
  readonly responses: ReadonlyMap<string, RouteAnswer>
  readonly call: CallResult | undefined
}

const FLAW_LABELS: Readonly<Record<TokenFlaw, string>> = {
  id: 'an ID token',
  opaque: 'opaque: for /userinfo only',
  expired: 'expired',
  'not-yet-valid': 'not yet valid',
  'wrong-audience': 'for another audience',
  'wrong-issuer': 'of another issuer',
  tampered: 'changed after it was signed',
  unsigned: 'unsigned (alg none)',
  'other-key': 'signed with another key',
}

/** The page where a token is described. @param problem why there is no token */
export function newTokenPage(
  directory: Directory,
  parameters: Parameters,
  problem?: string,
): TenantPage {
  return {
    title: 'Tokens',
    wide: true,
    body: html`<p class="lead">A token of any persona, without a login. The wrong ones show how the API and its clients handle them.</p>
${problem === undefined ? undefined : html`<p class="alert bad" role="status">${problem}</p>`}
${tokenForm(directory, parameters)}`,
  }
}

/** An access token to copy, to call with and to explain, and what it contains. */
export function tokenPage(options: TokenPageOptions): TenantPage {
  const { directory, parameters, token, apiUrl, responses, call } = options
  const route = [...responses.keys(), '/'].find((label) => label.startsWith('/'))
  const curl = `curl -i -H "Authorization: Bearer ${token}" ${apiUrl}${route}`
  return {
    title: 'Tokens',
    wide: true,
    script: COPY_SCRIPT,
    body: html`${tokenForm(directory, parameters)}
<h2 id="token">Token</h2>
<textarea id="copied-token" rows="5" readonly aria-labelledby="token">${token}</textarea>
<h3 id="curl">curl</h3>
<textarea id="copied-curl" rows="3" readonly aria-labelledby="curl">${curl}</textarea>
<div class="row" data-copies hidden>
<button type="button" data-copy="copied-token">Copy the token</button>
<button type="button" data-copy="copied-curl">Copy the curl line</button>
<span role="status"></span></div>
${callResult(call)}
${routesSection(token, responses, parameters)}
<h2>Decoded</h2>
${encodedToken(token)}
${decodedToken(token)}`,
  }
}

function tokenForm(directory: Directory, parameters: Parameters): Html {
  const { personas, organizations, authentication } = directory
  const { persona, organization, flaw, lifetime, scope, factor } = parameters
  const option = (value: string, label: string, selected: string | undefined) =>
    html`<option value="${value}" ${value === selected ? 'selected' : ''}>${label}</option>`
  return html`<form method="post" action="/console/tokens" class="card fields">
<label>Persona <select name="persona">${[...personas].map(({ name, displayName }) => option(name, `${displayName} (${name})`, persona))}</select></label>
<label>Organization <select name="organization">${option('', 'default: the first one', organization)}
${option(NO_ORGANIZATION, 'none', organization)}
${[...organizations].map(({ id, displayName }) => option(id, `${displayName} (${id})`, organization))}</select></label>
<label>Kind <select name="flaw">${option('', 'valid', flaw)}
${Object.entries(FLAW_LABELS).map(([name, label]) => option(name, label, flaw))}</select></label>
<label>Lifetime in seconds <input name="lifetime" type="number" min="1" max="${MAX_LIFETIME_SECONDS}" value="${lifetime}" placeholder="as the API says"></label>
<label>Scope <input name="scope" value="${scope}" placeholder="openid profile email" autocomplete="off" spellcheck="false"></label>
${
  authentication.claims === 'none'
    ? undefined
    : html`<label>Second factor <select name="factor">${option('', 'not used', factor)}
${option('used', 'used', factor)}</select></label>`
}
<div class="row"><button class="primary">Get token</button>
<button formaction="/console/tokens/bound">Bound to a key (DPoP)</button></div></form>`
}

function callResult(call: CallResult | undefined): Html | undefined {
  if (call === undefined) return undefined
  return html`<h2 id="response">Response of the API</h2>
<p role="status"><code>GET ${call.route}</code> ${answerChip(call.status)}</p><pre>${call.body}</pre>`
}

function routesSection(
  token: string,
  responses: TokenPageOptions['responses'],
  { persona, organization, flaw, lifetime, scope, factor }: Parameters,
): Html {
  const rows = [...responses].map(([route, { status, code, message }]) => {
    const call = html`<button class="small" formaction="/console/tokens#response" name="call" value="${route}" aria-label="Call ${route}">Call</button>`
    return html`<tr role="row"><th role="rowheader" scope="row"><code>${route}</code></th>
<td role="cell">${answerChip(status)} <small class="quiet">${code ?? message}</small></td>
<td role="cell"><div class="chips"><button class="small" name="route" value="${route}" aria-label="Explain ${route}">Explain</button>
${PLAIN_GET.test(route) ? call : undefined}</div></td></tr>`
  })
  const fields = { token, persona, organization, flaw, lifetime, scope, factor }
  return html`<h2 id="answers">On each route</h2>
<form method="post" action="/console/explain">
${Object.entries(fields).flatMap(([name, value]) => (value ? [html`<input type="hidden" name="${name}" value="${value}">`] : []))}
${table('answers', [], rows)}</form>`
}
