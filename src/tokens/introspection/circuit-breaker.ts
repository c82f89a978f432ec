const MAX_FAILURES = 5
const MIN_OPEN_MS = 1_000
const MAX_OPEN_MS = 30_000

/** The circuit is open: no call was made. */
export class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError'
  /** Milliseconds until a call is made again. */
  readonly wait: number

  constructor(wait: number) {
    super('No call is made, because the calls before have failed')
    this.wait = wait
  }
}

export interface CircuitBreakerOptions {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Whether an error means that the other side does not work. */
  readonly isFailure: (error: unknown) => boolean
  /** @param openFor milliseconds; undefined when the circuit closes */
  readonly onChange: (openFor: number | undefined) => void
}

/**
 * Stops calling a server that does not work. After five failures in a row, no call is made for a second. Then one
 * call is tried: if it fails, the time doubles, up to 30 s.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions
  #failures = 0
  #openFor = 0
  #openUntil = 0
  #isTrying = false

  constructor(options: CircuitBreakerOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#openFor > 0
  }

  /** @throws CircuitOpenError; the error of the call */
  async run<T>(call: () => Promise<T>): Promise<T> {
    const isTrial = this.#enter()
    try {
      const result = await call()
      this.#settle(isTrial, true)
      return result
    } catch (error) {
      this.#settle(isTrial, !this.#options.isFailure(error))
      throw error
    }
  }

  /** @returns whether the call is the one that is tried while the circuit is open */
  #enter(): boolean {
    if (!this.isOpen) return false
    const left = this.#openUntil - this.#options.now()
    if (left > 0 || this.#isTrying) throw new CircuitOpenError(Math.max(left, MIN_OPEN_MS))
    this.#isTrying = true
    return true
  }

  #settle(isTrial: boolean, works: boolean): void {
    if (isTrial) this.#isTrying = false
    if (works) this.#close()
    else this.#fail(isTrial)
  }

  /** Calls that were made before the circuit opened do not count. */
  #fail(isTrial: boolean): void {
    if (this.isOpen && !isTrial) return
    this.#failures += 1
    if (this.#failures < MAX_FAILURES) return
    this.#openFor = this.isOpen ? Math.min(this.#openFor * 2, MAX_OPEN_MS) : MIN_OPEN_MS
    this.#openUntil = this.#options.now() + this.#openFor
    this.#options.onChange(this.#openFor)
  }

  #close(): void {
    const wasOpen = this.isOpen
    this.#failures = 0
    this.#openFor = 0
    if (wasOpen) this.#options.onChange(undefined)
  }
}
