import type { ProofErrorCode } from '../../tokens/dpop/errors.ts'
import type { ProofExpectations } from '../../tokens/dpop/proof.ts'
import { decodeToken, type JsonObject } from '../../tokens/jws.ts'
import { printable } from '../printable.ts'
import { describeTokenKind } from '../token-kind.ts'
import { type ExplainedProof, proofAdvice } from './proof-advice.ts'

/** The checks of a proof, in the order of the server. */
export type ProofCheckName = (typeof PROOF_CHECKS)[number]

export const PROOF_CHECKS = [
  'proof',
  'proof typ',
  'proof alg',
  'proof key',
  'proof claims',
  'htm',
  'htu',
  'ath',
  'thumbprint',
  'proof time',
  'proof signature',
] as const

const CHECK_OF_CODE: Readonly<Partial<Record<ProofErrorCode, ProofCheckName>>> = {
  dpop_proof_missing: 'proof',
  dpop_proof_malformed: 'proof',
  dpop_header_malformed: 'proof typ',
  dpop_algorithm_not_allowed: 'proof alg',
  dpop_key_malformed: 'proof key',
  dpop_claims_malformed: 'proof claims',
  dpop_method_mismatch: 'htm',
  dpop_uri_mismatch: 'htu',
  dpop_token_mismatch: 'ath',
  dpop_key_mismatch: 'thumbprint',
  dpop_proof_expired: 'proof time',
  dpop_proof_in_future: 'proof time',
  dpop_nonce_missing: 'proof time',
  dpop_nonce_invalid: 'proof time',
  dpop_signature_invalid: 'proof signature',
}

/** After these, a proof cannot be read, and the server makes no other check. */
const UNREADABLE = PROOF_CHECKS.slice(0, 5)

export interface ProofCheck {
  readonly name: ProofCheckName
  readonly outcome: 'passed' | 'failed' | 'not checked'
  readonly expected: string
  readonly found: string
  readonly code?: ProofErrorCode
  readonly advice?: string
}

/**
 * The checks of a proof, as the server made them. That it was not used before is left out: `explain` does
 * not use it up.
 *
 * @param now seconds since the epoch
 */
export function proofChecksOf(proof: ExplainedProof, now: number): ProofCheck[] {
  const { text = '', inspection } = proof
  const { header, claims } = decodeToken(text).value ?? { header: {}, claims: {} }
  const failed = new Map(inspection?.failures.map((code) => [CHECK_OF_CODE[code], code]))
  let isReached = inspection !== undefined
  return PROOF_CHECKS.map((name) => {
    const code = failed.get(name)
    const found = DESCRIPTIONS[name].found({ text, header, claims, now, code })
    const expected =
      inspection === undefined ? '' : DESCRIPTIONS[name].expected(inspection.expected)
    if (!isReached) return { name, outcome: 'not checked', expected, found: '' }
    if (code === undefined) return { name, outcome: 'passed', expected, found }
    if (UNREADABLE.includes(name)) isReached = false
    return { name, outcome: 'failed', expected, found, code, advice: proofAdvice(code, proof) }
  })
}

interface Seen {
  readonly text: string
  readonly header: JsonObject
  readonly claims: JsonObject
  readonly now: number
  /** Of the check that failed. */
  readonly code: ProofErrorCode | undefined
}

interface Description {
  readonly expected: (expected: ProofExpectations) => string
  readonly found: (seen: Seen) => string
}

const DESCRIPTIONS: Readonly<Record<ProofCheckName, Description>> = {
  proof: {
    expected: () => 'one signed JWT of at most 4 KiB in the DPoP header',
    found: ({ text }) => (text === '' ? 'none' : describeTokenKind(text)),
  },
  'proof typ': {
    expected: () => 'typ dpop+jwt, and neither crit nor b64',
    found: ({ header: { typ } }) => printable(typ),
  },
  'proof alg': {
    expected: () => 'an algorithm of DPOP_ALGORITHMS',
    found: ({ header: { alg } }) => printable(alg),
  },
  'proof key': {
    expected: () => 'a public key in jwk, of the kind that alg needs',
    found: ({ header: { jwk } }) => `kty ${printable((Object(jwk) as JsonObject)['kty'])}`,
  },
  'proof claims': {
    expected: () => 'jti, htm, htu, ath (texts) and iat (a number)',
    found: ({ claims }) => printable(Object.keys(claims).join(', ')),
  },
  htm: {
    expected: ({ method }) => method,
    found: ({ claims: { htm } }) => printable(htm),
  },
  htu: {
    expected: ({ uri }) => uri,
    found: ({ claims: { htu } }) => printable(htu),
  },
  ath: {
    expected: () => 'the SHA-256 of this access token',
    found: ({ code }) => `the hash of ${code === undefined ? 'this' : 'another'} token`,
  },
  thumbprint: {
    expected: () => 'the key that the token is bound to (cnf.jkt)',
    found: ({ code }) => (code === undefined ? 'this key' : 'another key'),
  },
  'proof time': {
    expected: () => 'a new iat, or a nonce of this server if it has DPOP_NONCE_SECRETS',
    found: ({ claims: { iat, nonce }, now }) =>
      `iat ${describeAge(now - Number(iat))}, ${nonce === undefined ? 'no nonce' : 'a nonce'}`,
  },
  'proof signature': {
    expected: () => 'a signature by the key in jwk',
    found: () => 'the third segment',
  },
}

function describeAge(seconds: number): string {
  const whole = Math.round(seconds)
  return whole < 0 ? `${-whole} s in the future` : `${whole} s ago`
}
