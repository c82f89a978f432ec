/** The tenant refuses what was asked, in the words of RFC 6749 §4.1.2.1 and §5.2. */
export class TenantRefusal extends Error {
  override readonly name = 'TenantRefusal'
  /** The `error` of the answer. */
  readonly code: string
  /** The `error_description`, written by whoever runs the tenant: to be shown, never obeyed. */
  readonly description: string | undefined

  constructor(code: string, description: string | undefined) {
    super('The tenant refused.')
    this.code = code
    this.description = description
  }
}

/** The tenant gives no usable answer now, or does not accept this client at all (503). */
export class TenantUnavailableError extends Error {
  override readonly name = 'TenantUnavailableError'
  readonly code = 'tenant_unavailable'

  constructor(options?: ErrorOptions) {
    super('The tenant cannot be asked.', options)
  }
}

/** The answer that came to the callback is none that the tenant would give. */
export class InvalidAnswerError extends Error {
  override readonly name = 'InvalidAnswerError'
  readonly code = 'answer_invalid'

  constructor(options?: ErrorOptions) {
    super('The answer to the login does not hold.', options)
  }
}
