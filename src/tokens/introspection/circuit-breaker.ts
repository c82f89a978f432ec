const MAX_FAILURES = 5
const MIN_OPEN_MS = 1_000
const MAX_OPEN_MS = 30_000
/** How long a probe that succeeded counts. */
const PROBE_VALID_MS = 1_000

/** The circuit is open: no call was made. */
export class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError'
  /** Milliseconds until a call is made again. */
  readonly wait: number

  constructor(wait: number) {
    super('No call is made, because the other side does not work')
    this.wait = wait
  }
}

export interface CircuitBreakerOptions {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Whether an error can mean that the other side does not work. */
  readonly isFailure: (error: unknown) => boolean
  /** Calls the other side with nothing that a client chose. It resolves to whether the other side works. */
  readonly probe: () => Promise<boolean>
  /** @param openFor milliseconds; undefined when the circuit closes */
  readonly onChange: (openFor: number | undefined) => void
}

/**
 * Stops calling a server that does not work. A client can make a call fail, so failed calls decide nothing: after
 * five in a row, a probe decides. If it fails, no call is made for a second. Then the next call waits for another
 * probe: if it fails too, the time doubles, up to 30 s. There is one probe at a time, and at most one a second.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions
  #failures = 0
  #openFor = 0
  /** Until then, the result of the last probe counts. */
  #validUntil = 0
  #probing: Promise<void> | undefined

  constructor(options: CircuitBreakerOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#openFor > 0
  }

  /** Whether a probe succeeded less than a second ago. A call that fails then is the fault of what it sent. */
  get isKnownToWork(): boolean {
    return !this.isOpen && this.#isValid
  }

  /** @throws CircuitOpenError; the error of the call, after the probe that it led to */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.isOpen) await this.#tryAgain()
    try {
      const result = await call()
      this.#failures = 0
      return result
    } catch (error) {
      if (this.#options.isFailure(error)) await this.#fail()
      throw error
    }
  }

  get #isValid(): boolean {
    return this.#options.now() < this.#validUntil
  }

  /** Calls that come during the probe do not wait for it. */
  async #tryAgain(): Promise<void> {
    if (!this.#isValid && this.#probing === undefined) await this.#probe()
    if (!this.isOpen) return
    throw new CircuitOpenError(Math.max(this.#validUntil - this.#options.now(), MIN_OPEN_MS))
  }

  /** Calls that were made before the circuit opened do not count. */
  async #fail(): Promise<void> {
    this.#failures += 1
    if (this.isOpen || this.#failures < MAX_FAILURES || this.#isValid) return
    await this.#probe()
  }

  #probe(): Promise<void> {
    this.#probing ??= this.#decide().finally(() => {
      this.#probing = undefined
    })
    return this.#probing
  }

  async #decide(): Promise<void> {
    const { probe, now, onChange } = this.#options
    const works = await probe()
    const { isOpen } = this
    if (works) this.#openFor = 0
    else this.#openFor = isOpen ? Math.min(this.#openFor * 2, MAX_OPEN_MS) : MIN_OPEN_MS
    this.#validUntil = now() + (works ? PROBE_VALID_MS : this.#openFor)
    if (isOpen || !works) onChange(works ? undefined : this.#openFor)
  }
}
