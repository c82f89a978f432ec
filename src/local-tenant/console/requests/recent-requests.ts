import type { Explanation } from '../../../explain/explanation.ts'

/**
 * A completed request to the API, without its token: what explains it was derived from the token when
 * the request was completed.
 */
export interface RecordedRequest {
  /** The client has it in `X-Request-Id`. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly time: number
  /** Null if the request could not be parsed. */
  readonly method: string | null
  /** The pattern of the route; null if no route matched. */
  readonly route: string | null
  readonly status: number
  /** In milliseconds. */
  readonly duration: number | undefined
  /** Why it was rejected. */
  readonly refusal: string | undefined
  /** What to do about it. */
  readonly hint: string | undefined
  /** The claim `sub`. */
  readonly subject: string | undefined
  /** Whether the API verified the token, so that the subject is not only a claim. */
  readonly isVerified: boolean
  /** Undefined where no route matched. */
  readonly explanation: Explanation | undefined
}

type Listener = (request: RecordedRequest) => void

/** The last requests to the API, in memory. */
export class RecentRequests {
  static readonly MAX = 100
  readonly #requests: RecordedRequest[] = []
  readonly #listeners: Listener[] = []

  add(request: RecordedRequest): void {
    this.#requests.push(request)
    if (this.#requests.length > RecentRequests.MAX) this.#requests.shift()
    for (const listener of this.#listeners) listener(request)
  }

  /** The oldest first. */
  list(): readonly RecordedRequest[] {
    return this.#requests
  }

  /** What came after a request. All, if it is not among the last ones. */
  after(id: string): readonly RecordedRequest[] {
    return this.#requests.slice(this.#requests.findIndex((request) => request.id === id) + 1)
  }

  find(id: string): RecordedRequest | undefined {
    return this.#requests.find((request) => request.id === id)
  }

  /** @param listener called for each further request */
  subscribe(listener: Listener): void {
    this.#listeners.push(listener)
  }
}
