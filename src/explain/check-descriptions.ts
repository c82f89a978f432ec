import { checkOrganization } from '../access/organizations.ts'
import type { Requirements } from '../access/policy.ts'
import { authenticationInWords } from '../access/step-up.ts'
import { claimNamesOf, requiredClaimsOf } from '../tokens/access-token-rules.ts'
import { LOGOUT_EVENT } from '../tokens/claims.ts'
import { claimAt } from '../tokens/issuers/claim-names.ts'
import type { DecodedToken } from '../tokens/jws.ts'
import { ownMember } from '../utils/json-pointer.ts'
import type { ExplanationInput } from './explanation-input.ts'
import { printable } from './printable.ts'
import { describeTokenKind } from './token-kind.ts'

/** The checks of a token, in any order. */
export type CheckName =
  | 'structure'
  | 'introspection'
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
  | 'scopes'
  | 'authentication'
  | 'binding'

type Describe = (
  token: DecodedToken,
  input: ExplanationInput,
) => { readonly expected: string; readonly found: string }

/** What a check expects, and what it found. */
export function describeCheck(name: CheckName, token: DecodedToken, input: ExplanationInput) {
  return DESCRIPTIONS[name](token, input)
}

const DESCRIPTIONS: Readonly<Record<CheckName, Describe>> = {
  structure: (_token, { token }) => ({
    expected: 'a signed JWT: three base64url segments, at most 8 KiB',
    found: describeTokenKind(token),
  }),
  introspection: (_token, { introspectionUrl }) => ({
    expected: `active at ${introspectionUrl}`,
    found: '',
  }),
  header: ({ header: { alg, typ, crit, b64 } }, { expected }) => ({
    expected: `alg ${expected.algorithms.join(' or ')}; typ JWT, at+jwt or none`,
    found: `${formatMembers({ alg, typ })}${crit === undefined && b64 === undefined ? '' : `, ${formatMembers({ crit, b64 })}`}`,
  }),
  kind({ claims }, { expected }) {
    const { boundTokens } = expected
    const requiredClaims = requiredClaimsOf(expected)
    const { nonce, at_hash, c_hash, cnf, events } = claims
    const required = requiredClaims.map(([name, value]) => ` with ${name} "${value}"`).join('')
    const found = requiredClaims.map(([name]) => `, ${name} ${printable(claimAt(claims, name))}`)
    const type =
      cnf === undefined
        ? describeTokenType({ nonce, at_hash, c_hash }, events)
        : 'bound to a key (cnf)'
    return {
      expected: `an access token${required} that is not bound to a key${boundTokens ? ', or bound with DPoP' : ''}`,
      found: `${type}${found.join('')}`,
    }
  },
  binding: ({ claims: { cnf } }, { requirements: { bound } }) => ({
    expected:
      cnf === undefined && !bound ? 'the scheme Bearer' : 'the scheme DPoP and a proof of the key',
    found:
      cnf === undefined ? 'a token that is not bound to a key' : 'a token bound to a key (cnf)',
  }),
  issuer: ({ claims: { iss } }, { expected, issuers }) => ({
    expected: iss === expected.issuer ? iss : issuers.map(({ issuer }) => issuer).join(' or '),
    found: printable(iss),
  }),
  audience: ({ claims }, { expected }) => ({
    expected: expected.audiences.join(' or '),
    found: printable(claimAt(claims, claimNamesOf(expected).audience)),
  }),
  times: ({ claims: { iat, nbf, exp } }, { expected, now }) => ({
    expected: `exp after and iat before ${formatTime(now)}, with a tolerance of ${expected.clockTolerance} s`,
    found: `iat ${formatTime(iat)}, ${nbf === undefined ? '' : `nbf ${formatTime(nbf)}, `}exp ${formatTime(exp)}`,
  }),
  key: ({ header: { kid } }, { jwksUrl }) => ({
    expected: `a key id in ${jwksUrl}`,
    found: printable(kid),
  }),
  signature: () => ({ expected: 'a signature by this key', found: 'the third segment' }),
  subject: ({ claims }, { expected }) => ({
    expected: 'a user or a client',
    found: printable(claimAt(claims, claimNamesOf(expected).subject)),
  }),
  organization: ({ claims }, input) => ({
    expected: acceptedOrganizations(input),
    found: printable(claimAt(claims, claimNamesOf(input.expected).organization)),
  }),
  permissions: ({ claims }, { requirements, expected }) => ({
    expected: permissionsOf(requirements),
    found: claimNamesOf(expected)
      .permissions.map((name) => printable(claimAt(claims, name)))
      .join(', '),
  }),
  scopes: ({ claims }, { requirements, expected }) => ({
    expected: [requirements.scopes].flat().join(', '),
    found: printable(claimAt(claims, claimNamesOf(expected).scope)),
  }),
  authentication({ claims }, { requirements, expected }) {
    const names = claimNamesOf(expected)
    const { acr, maxAge } = requirements
    const found = [
      ...(acr === undefined ? [] : [`${names.acr} ${printable(claimAt(claims, names.acr))}`]),
      ...(maxAge === undefined
        ? []
        : [`${names.authTime} ${formatTime(claimAt(claims, names.authTime))}`]),
    ]
    return { expected: authenticationInWords(requirements).join(', '), found: found.join(', ') }
  },
}

function formatMembers(members: Readonly<Record<string, unknown>>): string {
  return Object.entries(members)
    .map(([name, value]) => `${name} ${printable(value)}`)
    .join(', ')
}

/** @param claims those that only ID tokens have */
function describeTokenType(claims: Readonly<Record<string, unknown>>, events: unknown): string {
  if (ownMember(events, LOGOUT_EVENT) !== undefined) return 'a logout token (events)'
  const found = Object.keys(claims).filter((name) => claims[name] !== undefined)
  return found.length === 0
    ? 'no claim of another kind of token'
    : `an ID token (${found.join(', ')})`
}

/** Applies the rule of the server to each known organization, and to a token without one. */
function acceptedOrganizations({ organizations, requirements, host }: ExplanationInput): string {
  const isAccepted = (id: string | undefined) =>
    checkOrganization(id, requirements.organizations, organizations, host) === undefined
  const accepted = [...organizations.known].filter(isAccepted)
  if (isAccepted(undefined)) accepted.push('none')
  return accepted.join(' or ') || 'no token is accepted'
}

function permissionsOf({ permissions = [], anyPermission = [] }: Requirements): string {
  const any = anyPermission.length === 0 ? [] : [`one of ${anyPermission.join(' or ')}`]
  return [...permissions, ...any].join(', ') || 'none required'
}

/** A time claim as ISO 8601; any other value unchanged. */
function formatTime(seconds: unknown): string {
  if (typeof seconds !== 'number') return printable(seconds)
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace('.000Z', 'Z')
}
