/**
 * Further claims of a product, by declaration merging.
 *
 * @example
 * declare module 'messages-api' {
 *   interface PrincipalClaims { readonly 'https://example.com/roles'?: readonly string[] }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: products declare its members
export interface PrincipalClaims {}

/** Who a verified access token speaks for. Frozen, claims included. */
export interface Principal {
  /** `iss`. A subject is unique per issuer only. */
  readonly issuer: string
  /** The user, or the client itself for machine tokens: `sub`, or the configured claim. */
  readonly subject: string
  /** The client that the token was issued to: `azp`, `client_id` (RFC 9068 §2.2), `cid` or `appid`. */
  readonly client: string | undefined
  /** The permissions, from the configured claims; empty where they are absent or malformed. */
  readonly permissions: readonly string[]
  /** The names in `scope` (RFC 8693 §4.2), or in the configured claim; empty where it is absent. */
  readonly scopes: readonly string[]
  /** The organization that the user logged in to: `org_id`, or the configured claim. */
  readonly organization: string | undefined
  /** `email`, where the tenant puts it into access tokens. */
  readonly email: string | undefined
  /** `act.sub` (RFC 8693 §4.1): who acts for the subject. */
  readonly actor: string | undefined
  /** `cnf.jkt` (RFC 9449 §6.1): the key that the token is bound to. The client has proved that it has it. */
  readonly confirmation: { readonly jkt: string } | undefined
  /**
   * How the user logged in: `acr` (RFC 9068 §2.2.1), or the configured claim. Tokens of clients for
   * themselves have none.
   */
  readonly acr: string | undefined
  /** When the user logged in: `auth_time`, or the configured claim, in seconds since the epoch. */
  readonly authTime: number | undefined
  /** The further claims that the product asked for. */
  readonly claims: PrincipalClaims
  /** `exp`: seconds since the epoch. */
  readonly expiresAt: number
}
