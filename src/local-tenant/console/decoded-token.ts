import type { Check } from '../../explain/checks.ts'
import { type Html, html } from '../../html/html.ts'
import { type JsonObject, MAX_TOKEN_BYTES } from '../../tokens/jws.ts'
import { describeClaim, formatClaim } from './claims.ts'
import { table } from './components.ts'

/** The claims and header parameters that each check is about. */
const CHECK_OF: Readonly<Record<string, string>> = {
  alg: 'header',
  typ: 'header',
  kid: 'key',
  iss: 'issuer',
  aud: 'audience',
  iat: 'times',
  nbf: 'times',
  exp: 'times',
  nonce: 'kind',
  cnf: 'kind',
  sub: 'subject',
  org_id: 'organization',
  permissions: 'permissions',
  scope: 'scopes',
}

const MARKS = {
  passed: { mark: '✓', style: 'good' },
  failed: { mark: '✗', style: 'bad' },
  'not checked': { mark: '–', style: 'quiet' },
} as const

/** The three parts of a token, each with its name: colours alone do not tell them apart. */
export function encodedToken(token: string): Html | undefined {
  const parts = token.split('.')
  if (parts.length !== 3) return undefined
  const [header = '', payload = '', signature = ''] = parts
  return html`<dl class="jwt"><dt>Header</dt><dd>${header}</dd><dt>Payload</dt><dd>${payload}</dd>
<dt>Signature</dt><dd>${signature || 'none'}</dd></dl>`
}

/** Header and payload of a token, also of a wrong one, with what each member means and the check that it met. */
export function decodedToken(token: string, checks: readonly Check[] = []): Html {
  const parts = token.length > MAX_TOKEN_BYTES ? [] : token.split('.')
  if (parts.length !== 3) {
    return html`<p class="empty">There is nothing to decode: the text does not have the three parts of a signed JWT.</p>`
  }
  const [header = '', payload = ''] = parts
  return html`${section('Header', 'header', membersOf(header), checks)}
${section('Payload', 'payload', membersOf(payload), checks)}`
}

/** A part as JSON object, without the strict rules of the API; undefined if it is something else. */
function membersOf(part: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return value instanceof Object && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function section(
  name: string,
  id: string,
  members: JsonObject | undefined,
  checks: readonly Check[],
): Html {
  const heading = html`<h3 id="${id}" class="part ${id}">${name}</h3>`
  if (members === undefined)
    return html`${heading}<p class="bad">This part is damaged: it is not a JSON object in base64url.</p>`
  const rows = Object.entries(members).map(([claim, value]) => {
    const check = checks.find(
      (made) => Object.hasOwn(CHECK_OF, claim) && made.name === CHECK_OF[claim],
    )
    return html`<tr role="row"><th role="rowheader" scope="row"><code>${claim}</code></th>
<td role="cell"><code>${formatClaim(claim, value)}</code></td>
<td role="cell">${check && checkMark(check)}<span class="quiet">${describeClaim(claim)}</span></td></tr>`
  })
  return html`${heading}
${table(id, ['Name', 'Value', 'Check and meaning'], rows)}`
}

function checkMark({ name, outcome, expected }: Check): Html {
  const { mark, style } = MARKS[outcome]
  const details = outcome === 'failed' ? html`<small>expected: ${expected}</small>` : undefined
  return html`<span class="${style}">${mark} ${name}: ${outcome}</span>${details} `
}
