import pino, { type DestinationStream } from 'pino'

/** How many characters are gathered at most. pino's destination holds back less than that, too. */
const PIECE = 12 * 1024
/** How long a line waits at most, in milliseconds: first here, then in pino's destination. */
const WAIT = 50

/**
 * Standard output, written to in pieces of many lines. pino's own destination can gather lines too,
 * but measures all that it has gathered anew for each: that cost more than all else of a line.
 */
export class LogOutput implements DestinationStream {
  readonly #output = pino.destination({ sync: false, minLength: PIECE, periodicFlush: WAIT })
  #lines = ''
  #timer: NodeJS.Timeout | undefined

  constructor() {
    process.on('exit', () => this.flushSync())
  }

  write(line: string): void {
    this.#lines += line
    if (this.#lines.length >= PIECE) this.#pass()
    else this.#timer ??= setTimeout(() => this.#pass(), WAIT).unref()
  }

  /** pino asks for it after a fatal line. */
  flushSync(): void {
    // First what it holds: together with the rest it could begin a write that the exit cuts off.
    this.#output.flushSync()
    this.#pass()
    this.#output.flushSync()
  }

  #pass(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#output.write(this.#lines)
    this.#lines = ''
  }
}
