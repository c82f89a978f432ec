/** An OAuth error response (RFC 6749 §4.1.2.1, §5.2). */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  /** The error code, such as `invalid_request`. */
  readonly error: string
  /** The HTTP status. */
  readonly status: number

  constructor(error: string, description: string, status = 400) {
    super(description)
    this.error = error
    this.status = status
  }
}
