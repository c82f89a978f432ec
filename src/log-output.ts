import pino, { type DestinationStream } from 'pino'

/** How many characters are gathered at most. */
const PIECE = 16 * 1024
/** How long a line waits at most, in milliseconds. */
const WAIT = 100

/**
 * Standard output, written to in pieces of many lines. pino's own destination can gather lines too,
 * but measures all that it has gathered anew for each: that cost more than all else of a line.
 */
export class LogOutput implements DestinationStream {
  readonly #output = pino.destination({ sync: false })
  #lines = ''
  #timer: NodeJS.Timeout | undefined

  constructor() {
    process.on('exit', () => this.flushSync())
  }

  write(line: string): void {
    this.#lines += line
    if (this.#lines.length >= PIECE) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), WAIT).unref()
  }

  /** pino asks for it after a fatal line. */
  flushSync(): void {
    this.#flush()
    this.#output.flushSync()
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#output.write(this.#lines)
    this.#lines = ''
  }
}
