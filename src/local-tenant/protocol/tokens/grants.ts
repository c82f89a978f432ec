import { createHash, randomBytes } from 'node:crypto'
import type { Client, Organization, Persona } from '../../directory/data.ts'

/** How long an authorization code may be redeemed, in milliseconds. */
const CODE_LIFETIME = 60_000

/** What a person, through a login, lets a client have. All its tokens end with it. */
export interface Grant {
  readonly client: Client
  readonly persona: Persona
  readonly organization: Organization | undefined
  /** The API that access tokens are for; undefined for opaque ones, good at `/userinfo` alone. */
  readonly audience: string | undefined
  readonly scope: readonly string[]
  readonly nonce: string | undefined
  /** When the person logged in, in seconds since the epoch. */
  readonly authTime: number
  /** The session that it came from. */
  readonly sid: string
  revoked: boolean
}

interface Code {
  readonly grant: Grant
  readonly redirectUri: string
  readonly challenge: string | undefined
  readonly expiresAt: number
  redeemed: boolean
}

interface RefreshToken {
  readonly grant: Grant
  used: boolean
}

/** Codes, refresh tokens and opaque access tokens, for as long as the process lives. */
export class Grants {
  readonly #codes = new Map<string, Code>()
  readonly #refreshTokens = new Map<string, RefreshToken>()
  readonly #accessTokens = new Map<string, Grant>()

  createCode(grant: Grant, redirectUri: string, challenge: string | undefined): string {
    const code = randomBytes(32).toString('base64url')
    const expiresAt = Date.now() + CODE_LIFETIME
    this.#codes.set(code, { grant, redirectUri, challenge, expiresAt, redeemed: false })
    return code
  }

  /**
   * Redeems a code (RFC 6749 §4.1.3): once, within a minute, by the client it was made for, with
   * the redirect URI it was sent to and the verifier of its challenge (RFC 7636 §4.6). A code that
   * comes twice was stolen: what it gave is revoked (§4.1.2).
   *
   * @returns undefined where any of it does not hold
   */
  redeem(
    code: string,
    client: Client,
    redirectUri: string | undefined,
    verifier: string | undefined,
  ): Grant | undefined {
    const found = this.#codes.get(code)
    if (found === undefined || found.grant.client !== client) return undefined
    if (found.redeemed) found.grant.revoked = true
    if (found.redeemed || Date.now() >= found.expiresAt) return undefined
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
   * Uses a refresh token (RFC 6749 §6). Those of public clients are good for one use; the second
   * one means that somebody else has it too, and revokes all that came from the same login
   * (RFC 9700 §4.14.2).
   *
   * @returns undefined where the token is unknown, used, revoked or another client's
   */
  refresh(token: string, client: Client): Grant | undefined {
    const found = this.#refreshTokens.get(token)
    if (found === undefined || found.grant.client !== client) return undefined
    if (found.used) found.grant.revoked = true
    if (found.grant.revoked) return undefined
    found.used = client.secret === undefined
    return found.grant
  }

  /** Remembers what an access token was given for. */
  remember(accessToken: string, grant: Grant): void {
    this.#accessTokens.set(accessToken, grant)
  }

  createOpaqueToken(): string {
    return randomBytes(24).toString('base64url')
  }

  /** What an access token was given for, unless that was revoked. */
  grantOf(accessToken: string): Grant | undefined {
    const grant = this.#accessTokens.get(accessToken)
    return grant?.revoked ? undefined : grant
  }
}

function challengeOf(verifier: string | undefined): string | undefined {
  return verifier && createHash('sha256').update(verifier).digest('base64url')
}
