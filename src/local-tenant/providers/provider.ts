import { hash } from 'node:crypto'
import type { JWK, JWTPayload } from 'jose'

/** In seconds since the epoch. */
export interface Times {
  readonly iat: number
  readonly exp: number
}

/** The claims of an access token as Auth0 has them. Those that the persona adds are beside them. */
export interface AccessTokenClaims extends Times {
  readonly sub: string
  readonly aud: string | string[]
  /** The client. */
  readonly azp: string
  readonly scope: string
  /** Undefined if the API does not have them in tokens. */
  readonly permissions?: readonly string[]
  readonly org_id?: string
  readonly org_name?: string
  /** `client-credentials` if the client acts for itself. */
  readonly gty?: string
}

/** The claims of an ID token as Auth0 has them, without those that all providers have. */
export interface IdTokenClaims extends Times {
  readonly sub: string
  /** The client. */
  readonly aud: string
  readonly nickname?: string
  readonly email?: string
  readonly org_id?: string
  readonly org_name?: string
}

/** What is issued with an ID token. */
export interface IssuedWith {
  readonly accessToken: string
  /** The API of the access token; undefined if it is opaque. */
  readonly api: string | undefined
}

/** Paths on the origin of the tenant. */
export interface Endpoints {
  readonly authorization: string
  readonly token: string
  /** Undefined if the provider has none. */
  readonly revocation: string | undefined
  readonly userinfo: string
  readonly endSession: string
  readonly jwks: string
}

/** What differs between providers, as far as clients and APIs see it. */
export interface Provider {
  /** What follows the origin in the name of the issuer, such as `/realms/local`. */
  readonly issuerPath: string
  readonly endpoints: Endpoints
  /** `typ` in the header of access tokens and ID tokens. */
  readonly tokenType: 'JWT' | undefined
  /** Whether access tokens name their API (`aud`), or only the client (`client_id`). */
  readonly audience: 'api' | 'client'
  /** Whether a client chooses the API by the parameter `audience`. Otherwise it is the first one. */
  readonly audienceParameter: boolean
  /** What the tokens have of an organization: its id, its name, or nothing. */
  readonly organization: 'id' | 'name' | undefined
  /** Whether it exchanges refresh tokens for tokens of third parties (Auth0's Token Vault). */
  readonly federatedGrant: boolean
  /** Whether its access tokens have `acr` and `auth_time`, if the data of the tenant does not say so. */
  readonly authenticationClaims: 'standard' | 'none'
  /** The claims of an access token. The caller sets `iss`. */
  readonly accessToken: (claims: AccessTokenClaims) => object
  /** The claims of an ID token. The caller sets `iss`. */
  readonly idToken: (claims: IdTokenClaims, issued: IssuedWith) => object
  /** The published keys; as they are by default. */
  readonly publicKeys?: (keys: readonly JWK[]) => JWK[]
}

/** The claims that a provider has in the same way. */
export function without(claims: object, ...names: readonly string[]): JWTPayload {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)))
}

/** The API of an access token. Auth0 names `/userinfo` beside it. */
export function apiOf({ aud }: Pick<AccessTokenClaims, 'aud'>): string {
  return String([aud].flat()[0])
}

/** Whether the token is one of a client that acts for itself. */
export function isOfClient({ gty }: Pick<AccessTokenClaims, 'gty'>): boolean {
  return gty === 'client-credentials'
}

/** `at_hash` for a token that is signed with SHA-256 (OpenID Connect Core §3.1.3.6). */
export function accessTokenHash(accessToken: string): string {
  return hash('sha256', accessToken, 'buffer').subarray(0, 16).toString('base64url')
}
