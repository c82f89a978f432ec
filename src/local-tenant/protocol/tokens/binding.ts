import type { Client } from '../../directory/records.ts'
import type { ResourceServer } from '../../directory/resource-server.ts'
import { OAuthError } from '../oauth-error.ts'

/** Whether access tokens can be bound to a key of the client, or must be. */
export type BindingPolicy = 'none' | 'allowed' | 'required'

/** What an API asks of a client (Auth0's sender constraining). */
export function bindingPolicy(api: ResourceServer | undefined, { secret }: Client): BindingPolicy {
  const { proof_of_possession: proof } = api ?? {}
  if (!proof) return 'none'
  const { required, required_for: clients = 'all_clients' } = proof
  return required && (clients === 'all_clients' || secret === undefined) ? 'required' : 'allowed'
}

/**
 * The key that an access token is bound to. A proof without effect is ignored, as at Auth0: the token is then
 * a plain one.
 *
 * @param proven the thumbprint of the key in the client's proof; undefined if it sent none
 * @throws OAuthError `invalid_request` if no token may be issued; Auth0 does not document the code
 */
export function boundKey(
  { requireProofOfPossession: isRequired = false }: Client,
  policy: BindingPolicy,
  proven: string | undefined,
): string | undefined {
  if (proven === undefined && (isRequired || policy === 'required')) {
    const who = isRequired ? 'client' : 'API'
    throw new OAuthError('invalid_request', `The ${who} requires a DPoP proof.`)
  }
  if (policy !== 'none') return proven
  if (!isRequired) return undefined
  const problem = 'The client requires bound access tokens, and the API does not allow them.'
  throw new OAuthError('invalid_request', problem)
}

/**
 * Checks the proof of a request with a code or refresh token that is bound to a key (RFC 9449 §5, §10).
 *
 * @throws OAuthError `invalid_dpop_proof`; Auth0 does not document the code
 */
export function requireKey(bound: string | undefined, proven: string | undefined): void {
  if (bound === undefined || bound === proven) return
  const problem =
    proven === undefined
      ? 'There is no proof in the DPoP header.'
      : 'The code or refresh token is bound to another key than the one in the proof.'
  throw new OAuthError('invalid_dpop_proof', problem)
}

/** The type of an access token (RFC 9449 §5). */
export function tokenType(thumbprint: string | undefined): 'Bearer' | 'DPoP' {
  return thumbprint === undefined ? 'Bearer' : 'DPoP'
}

/** The claim that binds an access token to a key (RFC 9449 §6.1). */
export function confirmation(thumbprint: string | undefined): object | undefined {
  return thumbprint === undefined ? undefined : { cnf: { jkt: thumbprint } }
}
