import { styleText } from 'node:util'
import type { Streams } from './administration.ts'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** Between two frames, in milliseconds. */
const PACE = 80

/**
 * Tells what is being done: a line for each thing that ended, and on a terminal a spinner with the
 * one that began last.
 */
export class Progress {
  readonly #err: Streams['err']
  readonly #running: string[] = []
  #frame = 0
  #timer: NodeJS.Timeout | undefined

  constructor(err: Streams['err']) {
    this.#err = err
  }

  begin(name: string): void {
    this.#running.push(name)
    if (this.#err.isTTY !== true) return
    this.#draw()
    this.#timer ??= setInterval(() => this.#draw(), PACE)
  }

  /** @param problem why it failed, if it did */
  end(name: string, problem?: string): void {
    this.#running.splice(this.#running.indexOf(name), 1)
    this.#clear()
    const [mark, style] =
      problem === undefined ? (['✓', 'green'] as const) : (['✗', 'red'] as const)
    const options = { stream: this.#err, validateStream: true }
    const text = problem === undefined ? name : `${name}: ${problem}`
    this.#err.write(`${styleText(style, mark, options)} ${text}\n`)
    if (this.#running.length > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Does something, and tells whether it went well. */
  async during<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.begin(name)
    try {
      const result = await work()
      this.end(name)
      return result
    } catch (error) {
      this.end(name, 'failed')
      throw error
    }
  }

  #draw(): void {
    const frame = FRAMES[this.#frame++ % FRAMES.length]
    this.#err.write(`\r\x1b[K${frame} ${this.#running.at(-1)}`)
  }

  #clear(): void {
    if (this.#err.isTTY === true) this.#err.write('\r\x1b[K')
  }
}
