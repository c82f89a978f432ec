import type { Streams } from './command.ts'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

const FRAME_INTERVAL_MS = 80

/** Prints a line for each finished task and, on a terminal, a spinner for the last started one. */
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
    if (!this.#err.isTTY) return
    this.#drawSpinner()
    this.#timer ??= setInterval(() => this.#drawSpinner(), FRAME_INTERVAL_MS)
  }

  /** @param problem why the task failed; undefined if it succeeded */
  end(name: string, problem?: string): void {
    this.#running.splice(this.#running.indexOf(name), 1)
    this.#clearLine()
    const [mark, style] =
      problem === undefined ? (['✓', 'green'] as const) : (['✗', 'red'] as const)
    const text = problem === undefined ? name : `${name}: ${problem}`
    this.#err.line([{ style, text: mark }, ` ${text}`])
    if (this.#running.length > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Runs a task, and prints whether it succeeded. */
  async during<T>(name: string, task: () => Promise<T>): Promise<T> {
    this.begin(name)
    try {
      const result = await task()
      this.end(name)
      return result
    } catch (error) {
      this.end(name, 'failed')
      throw error
    }
  }

  #drawSpinner(): void {
    const frame = FRAMES[this.#frame++ % FRAMES.length]
    this.#err.status(`${frame} ${this.#running.at(-1)}`)
  }

  #clearLine(): void {
    if (this.#err.isTTY) this.#err.status('')
  }
}
