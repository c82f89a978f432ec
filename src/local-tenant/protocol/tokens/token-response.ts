/** A successful response of the token endpoint (RFC 6749 §5.1). */
export interface TokenResponse {
  readonly access_token: string
  readonly id_token?: string
  readonly refresh_token?: string
  readonly scope?: string
  readonly token_type: 'Bearer' | 'DPoP'
  readonly expires_in: number
}

export interface IssueOptions {
  /** Whether the tokens are those of a refresh token, and not of the login itself. */
  readonly isRenewal?: boolean
  /** A refresh token that stays valid. By default, a new one is created. */
  readonly refreshToken?: string | undefined
  /** A narrower scope than that of the login (RFC 6749 §6). More than that is left out. */
  readonly scope?: readonly string[] | undefined
  /** Of the key in the client's proof. */
  readonly proven?: string | undefined
}
