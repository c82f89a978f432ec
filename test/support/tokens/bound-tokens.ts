import { assertDefined } from '../../../src/utils/assert-defined.ts'
import { requestToken, type Values } from '../visitor.ts'
import { type ProofChanges, proofFor } from './proofs.ts'

/** A proof for the token endpoint, made now, with changes. */
export function tokenProof(issuer: string, { claims = {}, ...changes }: ProofChanges = {}): string {
  const request = { htm: 'POST', htu: `${issuer}oauth/token`, iat: Date.now() / 1000 }
  return proofFor(undefined, { ...changes, claims: { ...request, ...claims } })
}

/** Sends a token request with a proof, and once more if the tenant wants a nonce in it. */
export async function requestBound(
  issuer: string,
  values: Values,
  { claims, ...changes }: ProofChanges = {},
) {
  const send = (nonce?: string) => {
    const dpop = tokenProof(issuer, { ...changes, claims: { nonce, ...claims } })
    return requestToken(issuer, values, { dpop })
  }
  const answer = await send()
  const { error } = answer.body
  return error === 'use_dpop_nonce' ? send(assertDefined(answer.nonce ?? undefined)) : answer
}
