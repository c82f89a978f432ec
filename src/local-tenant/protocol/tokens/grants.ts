import { createHash, randomBytes } from 'node:crypto'
import type { Client, Organization, Persona } from '../../directory/records.ts'
import type { Login } from '../authentication-claims.ts'
import { boundedMap } from '../bounded-map.ts'
import { requireKey } from './binding.ts'

const CODE_LIFETIME_MS = 60_000
const MAX_CODES = 1000
/** `/userinfo` accepts them this long. */
const ACCESS_TOKEN_LIFETIME_MS = 24 * 60 * 60 * 1000
const MAX_ACCESS_TOKENS = 10_000

/** What a persona granted a client in a login. Revoking it invalidates all tokens issued for it. */
export interface Grant extends Login {
  readonly client: Client
  readonly persona: Persona
  readonly organization: Organization | undefined
  /** The API that access tokens are for. Undefined for opaque ones, which only `/userinfo` accepts. */
  readonly audience: string | undefined
  readonly scope: readonly string[]
  readonly nonce: string | undefined
  /** Whether the login asked for the second factor. */
  readonly isChallenged: boolean
  /** The session of the login. */
  readonly sid: string
  revoked: boolean
}

/** What the request for a code must have in common with the one that redeems it. */
export interface CodeBinding {
  readonly redirectUri: string
  readonly challenge: string | undefined
  /** Of the client's key (`dpop_jkt`, RFC 9449 §10). */
  readonly thumbprint: string | undefined
}

interface Code extends CodeBinding {
  readonly grant: Grant
  redeemed: boolean
}

interface RefreshToken {
  readonly grant: Grant
  /** Of the key that it is bound to. */
  readonly thumbprint: string | undefined
  used: boolean
}

export interface AccessToken {
  readonly grant: Grant
  /** May be narrower than that of the grant. */
  readonly scope: readonly string[]
  /** Of the key that it is bound to. */
  readonly thumbprint: string | undefined
}

/** The use of a code or refresh token. If it throws, the code or token stays valid. */
export interface Use {
  /** Of the key in the client's proof. */
  readonly proven?: string | undefined
  /** Throws if no token may be issued for the grant. */
  readonly approve?: (grant: Grant) => void
}

export interface Redemption extends Use {
  readonly redirectUri: string | undefined
  readonly verifier: string | undefined
}

/** Authorization codes, refresh tokens and access tokens, in memory. */
export class Grants {
  readonly #codes = boundedMap<Code>(MAX_CODES, CODE_LIFETIME_MS)
  readonly #refreshTokens = new Map<string, RefreshToken>()
  readonly #accessTokens = boundedMap<AccessToken>(MAX_ACCESS_TOKENS, ACCESS_TOKEN_LIFETIME_MS)

  createCode(grant: Grant, { redirectUri, challenge, thumbprint }: CodeBinding): string {
    const code = randomBytes(32).toString('base64url')
    this.#codes.set(code, { grant, redirectUri, challenge, thumbprint, redeemed: false })
    return code
  }

  /**
   * Redeems a code (RFC 6749 §4.1.3). It is valid once, for a minute, for the client and redirect URI
   * it was issued for, with the verifier of its challenge (RFC 7636 §4.6) and a proof of its key
   * (RFC 9449 §10). A second use means that the code was stolen, so the grant is revoked (§4.1.2).
   *
   * @returns undefined if the code is not valid
   * @throws OAuthError `invalid_dpop_proof`
   */
  redeemCode(
    code: string,
    client: Client,
    { redirectUri, verifier, proven, approve }: Redemption,
  ): Grant | undefined {
    const found = this.#codes.get(code)
    if (found === undefined || found.grant.client !== client) return undefined
    if (found.redeemed) found.grant.revoked = true
    if (found.redeemed) return undefined
    if (found.redirectUri !== redirectUri || found.challenge !== challengeOf(verifier)) {
      return undefined
    }
    requireKey(found.thumbprint, proven)
    approve?.(found.grant)
    found.redeemed = true
    return found.grant
  }

  /** @param proven of the key in the client's proof. Those of public clients are bound to it (RFC 9449 §5). */
  createRefreshToken(grant: Grant, proven: string | undefined): string {
    const token = `v1.${randomBytes(32).toString('base64url')}`
    const thumbprint = grant.client.secret === undefined ? proven : undefined
    this.#refreshTokens.set(token, { grant, thumbprint, used: false })
    return token
  }

  /**
   * Uses a refresh token (RFC 6749 §6). Those of public clients are valid once. A second use means
   * that the token was stolen, so the grant is revoked (RFC 9700 §4.14.2).
   *
   * @returns undefined if the token is unknown, used, revoked or belongs to another client
   * @throws OAuthError `invalid_dpop_proof` if it is bound to another key
   */
  useRefreshToken(token: string, client: Client, { proven, approve }: Use = {}): Grant | undefined {
    const found = this.#refreshTokens.get(token)
    if (found === undefined || found.grant.client !== client) return undefined
    if (found.used) found.grant.revoked = true
    if (found.grant.revoked) return undefined
    requireKey(found.thumbprint, proven)
    approve?.(found.grant)
    found.used = client.secret === undefined
    return found.grant
  }

  /**
   * Revokes a refresh token and its grant (RFC 7009 §2.1). Unknown tokens and those of other clients
   * are ignored.
   */
  revoke(token: string, client: Client): void {
    const found = this.#refreshTokens.get(token)
    if (found?.grant.client === client) found.grant.revoked = true
  }

  addAccessToken(token: string, accessToken: AccessToken): void {
    this.#accessTokens.set(token, accessToken)
  }

  createOpaqueToken(): string {
    return randomBytes(24).toString('base64url')
  }

  /** A valid access token. Undefined if it is unknown or its grant is revoked. */
  accessToken(token: string): AccessToken | undefined {
    const found = this.#accessTokens.get(token)
    return found?.grant.revoked ? undefined : found
  }
}

function challengeOf(verifier: string | undefined): string | undefined {
  return verifier && createHash('sha256').update(verifier).digest('base64url')
}
