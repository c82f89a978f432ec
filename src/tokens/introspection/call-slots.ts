/**
 * Divides calls in flight among clients: each may have as many as are still free. So one client alone gets half of
 * them, and there is always one for a client that has none, until there are as many clients as slots.
 */
export class CallSlots {
  readonly #max: number
  /** Clients without a slot are not in it. */
  readonly #byClient = new Map<string, number>()
  #taken = 0

  constructor(max: number) {
    this.#max = max
  }

  /** How many calls are in flight. */
  get taken(): number {
    return this.#taken
  }

  /** @returns what frees the slot, to be called once; undefined if there is none for this client now */
  take(client: string): (() => void) | undefined {
    const own = this.#byClient.get(client) ?? 0
    if (own >= this.#max - this.#taken) return undefined
    this.#taken += 1
    this.#byClient.set(client, own + 1)
    return () => this.#free(client)
  }

  #free(client: string): void {
    const own = Number(this.#byClient.get(client)) - 1
    this.#taken -= 1
    if (own === 0) this.#byClient.delete(client)
    else this.#byClient.set(client, own)
  }
}
