import { checkOrganization } from '../access/organizations.ts'
import { permissionsOf } from '../access/policy.ts'
import type { DecodedToken } from '../tokens/jws.ts'
import type { Situation } from './advice.ts'
import { describeKind } from './kind-of-token.ts'
import { printable } from './printable.ts'

/** What a token is judged by. */
export type CheckName =
  | 'structure'
  | 'header'
  | 'kind'
  | 'issuer'
  | 'audience'
  | 'times'
  | 'key'
  | 'signature'
  | 'subject'
  | 'organization'
  | 'permissions'

type Describe = (
  token: DecodedToken,
  situation: Situation,
) => { readonly expected: string; readonly found: string }

/** What a check expects, and what it found. */
export function describeCheck(name: CheckName, token: DecodedToken, situation: Situation) {
  return DESCRIPTIONS[name](token, situation)
}

const DESCRIPTIONS: Readonly<Record<CheckName, Describe>> = {
  structure: (_token, { token }) => ({
    expected: 'a signed JWT: three base64url segments, at most 8 KiB',
    found: describeKind(token),
  }),
  header: ({ header: { alg, typ, crit, b64 } }, { expected }) => ({
    expected: `alg ${expected.algorithms.join(' or ')}; typ JWT, at+jwt or none`,
    found: `${named({ alg, typ })}${crit === undefined && b64 === undefined ? '' : `, ${named({ crit, b64 })}`}`,
  }),
  kind: ({ claims: { nonce, at_hash, c_hash, cnf } }) => ({
    expected: 'an access token that is bound to no key',
    found: cnf === undefined ? kindBy({ nonce, at_hash, c_hash }) : 'bound to a key (cnf)',
  }),
  issuer: ({ claims: { iss } }, { expected }) => ({
    expected: expected.issuer,
    found: printable(iss),
  }),
  audience: ({ claims: { aud } }, { expected }) => ({
    expected: expected.audience,
    found: printable(aud),
  }),
  times: ({ claims: { iat, nbf, exp } }, { expected, now }) => ({
    expected: `exp after and iat before ${timeOf(now)}, give or take ${expected.clockTolerance} s`,
    found: `iat ${timeOf(iat)}, ${nbf === undefined ? '' : `nbf ${timeOf(nbf)}, `}exp ${timeOf(exp)}`,
  }),
  key: ({ header: { kid } }, { jwksUrl }) => ({
    expected: `a key id of ${jwksUrl}`,
    found: printable(kid),
  }),
  signature: () => ({ expected: 'one made with that key', found: 'the third segment' }),
  subject: ({ claims: { sub } }) => ({ expected: 'a user or a client', found: printable(sub) }),
  organization: ({ claims: { org_id } }, situation) => ({
    expected: expectedOrganization(situation),
    found: printable(org_id),
  }),
  permissions: ({ claims: { permissions } }, { requirements }) => ({
    expected: permissionsOf(requirements).join(', ') || 'none asked for',
    found: printable(permissions),
  }),
}

function named(members: Readonly<Record<string, unknown>>): string {
  return Object.entries(members)
    .map(([name, value]) => `${name} ${printable(value)}`)
    .join(', ')
}

function kindBy(marks: Readonly<Record<string, unknown>>): string {
  const found = Object.keys(marks).filter((name) => marks[name] !== undefined)
  return found.length === 0 ? 'no mark of another kind' : `an ID token (${found.join(', ')})`
}

/** Whom the rule of the server lets in, asked for each organization there is, and for none. */
function expectedOrganization({ organizations, requirements, host }: Situation): string {
  const admits = (id: string | undefined) =>
    checkOrganization(id, requirements.organizations, organizations, host) === undefined
  const admitted = [...organizations.known].filter(admits)
  return [...admitted, ...(admits(undefined) ? ['none'] : [])].join(' or ') || 'nobody is let in'
}

/** A time in a token, for people; whatever else stands there as it is. */
function timeOf(seconds: unknown): string {
  if (typeof seconds !== 'number') return printable(seconds)
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace('.000Z', 'Z')
}
