/** Pseudo-random choices. The same seed and number give the same choices, on each machine. */
export class Random {
  #state: number

  constructor(seed: number, number: number) {
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)) >>> 0
    for (let i = 0; i < 4; i++) this.#next()
  }

  /** Mulberry32. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  /** A whole number from `low` to `high`. */
  between(low: number, high: number): number {
    return low + (this.#next() % (high - low + 1))
  }

  chance(percent: number): boolean {
    return this.#next() % 100 < percent
  }

  pick<T>(items: readonly T[]): T {
    return items[this.#next() % items.length] as T
  }

  /** Picks by weight: `[3, 'often'], [1, 'seldom']`. */
  weighted<T>(items: readonly (readonly [weight: number, item: T])[]): T {
    let left = this.#next() % items.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, item] of items) {
      if (left < weight) return item
      left -= weight
    }
    throw new Error('The weights are not whole numbers.')
  }
}
