import type { RejectionCode } from '../../access/challenge.ts'
import type { ExplanationInput } from '../explanation-input.ts'

const ADVICE: Partial<Readonly<Record<RejectionCode, string>>> = {
  type_not_allowed:
    'It is another kind of token: the issuer says so in token_type, token_use, typ or events. Send the access_token of the token response, not the refresh token.',
  token_bound:
    'It is bound to a key of the client in a way that this server does not check: with mTLS, with DPoP while DPOP is off, or the response of the issuer has no cnf. Have the issuer put cnf into introspection responses, or switch the binding off.',
  issuer_mismatch:
    'The response of the issuer has another iss. Set ISSUER to exactly this text, or INTROSPECTION_URL to the endpoint of ISSUER.',
  time_claim_malformed:
    'The response of the issuer must have exp, and exp, nbf and iat must be numbers, in seconds since 1970.',
  token_not_yet_valid:
    'It is not valid yet: nbf is in the future. If it was new, the clock of this machine or of the issuer is wrong: run npm run doctor.',
  token_issued_in_future:
    'It was issued in the future: the clock of this machine or of the issuer is wrong. Run npm run doctor.',
  authentication_insufficient:
    'The login of the user does not suffice, or the response of the issuer does not say how and when it was. Log in again with the parameters of the challenge. If that does not help, have the issuer put acr and auth_time into introspection responses, or set ACR_CLAIM and AUTH_TIME_CLAIM to the claims that it has.',
}

/** Advice for a token that the issuer introspected; undefined if that for signed tokens fits. */
export function introspectionAdvice(
  code: string,
  { introspectionUrl }: ExplanationInput,
): string | undefined {
  if (introspectionUrl === undefined || !Object.hasOwn(ADVICE, code)) return undefined
  return ADVICE[code as RejectionCode]
}
