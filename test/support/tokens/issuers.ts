import type { TrustedIssuer } from '../../../src/tokens/issuers/trusted-issuers.ts'
import { oddKeys } from './keys.ts'
import { AUDIENCE } from './tokens.ts'

/** A trusted issuer without tolerance, whose keys are those that `isCurrent` names. */
export function trustedIssuer(issuer: string, isCurrent = (_key: unknown) => true): TrustedIssuer {
  return {
    expected: { issuer, audiences: [AUDIENCE], algorithms: ['RS256'], clockTolerance: 0 },
    keys: { ...oddKeys(() => []), isCurrent },
  }
}
