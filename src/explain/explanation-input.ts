import type { Organizations } from '../access/organizations.ts'
import type { Requirements } from '../access/policy.ts'
import type { Expectations } from '../tokens/access-token-rules.ts'
import type { Issuer } from '../tokens/issuer.ts'
import type { KeySetState } from '../tokens/keys/remote-jwks.ts'
import type { ExplainedProof } from './dpop/proof-advice.ts'

/** What an explanation is based on. */
export interface ExplanationInput {
  /** The token as it was received; empty if there was none. */
  readonly token: string
  /** Those of the token's issuer, or of the main one if that is not trusted. */
  readonly expected: Expectations
  /** Undefined if the request had the scheme Bearer. */
  readonly proof?: ExplainedProof | undefined
  /** The URL of the key set (JWKS) of this issuer, or of the metadata that names it. */
  readonly jwksUrl: string
  /** Where tokens are introspected; undefined if they are verified with keys. */
  readonly introspectionUrl?: string | undefined
  /** All whose tokens are accepted, the main one first. */
  readonly issuers: readonly Issuer[]
  /** Whose product the issuer is. Undefined for one that is not known. */
  readonly provider: string | undefined
  /** How current the keys of the server are, if that is known. */
  readonly keySet?: KeySetState | undefined
  readonly organizations: Organizations
  /** What the route requires. */
  readonly requirements: Requirements
  /** The host of the request, without the port. */
  readonly host: string
  /** Seconds since the epoch. */
  readonly now: number
}
