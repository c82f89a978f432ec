import { createHash, randomBytes } from 'node:crypto'
import type { Client, Organization, Persona } from '../../directory/records.ts'
import { boundedMap } from '../bounded-map.ts'

const CODE_LIFETIME_MS = 60_000
const MAX_CODES = 1000
/** `/userinfo` accepts them this long. */
const ACCESS_TOKEN_LIFETIME_MS = 24 * 60 * 60 * 1000
const MAX_ACCESS_TOKENS = 10_000

/** What a persona granted a client in a login. Revoking it invalidates all tokens issued for it. */
export interface Grant {
  readonly client: Client
  readonly persona: Persona
  readonly organization: Organization | undefined
  /** The API that access tokens are for. Undefined for opaque ones, which only `/userinfo` accepts. */
  readonly audience: string | undefined
  readonly scope: readonly string[]
  readonly nonce: string | undefined
  /** When the persona logged in, in seconds since the epoch. */
  readonly authTime: number
  /** The session of the login. */
  readonly sid: string
  revoked: boolean
}

interface Code {
  readonly grant: Grant
  readonly redirectUri: string
  readonly challenge: string | undefined
  redeemed: boolean
}

interface RefreshToken {
  readonly grant: Grant
  used: boolean
}

export interface AccessToken {
  readonly grant: Grant
  readonly scope: readonly string[]
}

/** Authorization codes, refresh tokens and access tokens, in memory. */
export class Grants {
  readonly #codes = boundedMap<Code>(MAX_CODES, CODE_LIFETIME_MS)
  readonly #refreshTokens = new Map<string, RefreshToken>()
  readonly #accessTokens = boundedMap<AccessToken>(MAX_ACCESS_TOKENS, ACCESS_TOKEN_LIFETIME_MS)

  createCode(grant: Grant, redirectUri: string, challenge: string | undefined): string {
    const code = randomBytes(32).toString('base64url')
    this.#codes.set(code, { grant, redirectUri, challenge, redeemed: false })
    return code
  }

  /**
   * Redeems a code (RFC 6749 §4.1.3). It is valid once, for a minute, for the client and redirect URI
   * it was issued for, and with the verifier of its challenge (RFC 7636 §4.6). A second use means
   * that the code was stolen, so the grant is revoked (§4.1.2).
   *
   * @returns undefined if the code is not valid
   */
  redeemCode(
    code: string,
    client: Client,
    redirectUri: string | undefined,
    verifier: string | undefined,
  ): Grant | undefined {
    const found = this.#codes.get(code)
    if (found === undefined || found.grant.client !== client) return undefined
    if (found.redeemed) found.grant.revoked = true
    if (found.redeemed) return undefined
    if (found.redirectUri !== redirectUri || found.challenge !== challengeOf(verifier)) {
      return undefined
    }
    found.redeemed = true
    return found.grant
  }

  createRefreshToken(grant: Grant): string {
    const token = `v1.${randomBytes(32).toString('base64url')}`
    this.#refreshTokens.set(token, { grant, used: false })
    return token
  }

  /**
   * Uses a refresh token (RFC 6749 §6). Those of public clients are valid once. A second use means
   * that the token was stolen, so the grant is revoked (RFC 9700 §4.14.2).
   *
   * @returns undefined if the token is unknown, used, revoked or belongs to another client
   */
  useRefreshToken(token: string, client: Client): Grant | undefined {
    const found = this.#refreshTokens.get(token)
    if (found === undefined || found.grant.client !== client) return undefined
    if (found.used) found.grant.revoked = true
    if (found.grant.revoked) return undefined
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

  /** @param scope that of the token, which may be narrower than that of the grant */
  addAccessToken(accessToken: string, grant: Grant, scope: readonly string[]): void {
    this.#accessTokens.set(accessToken, { grant, scope })
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
