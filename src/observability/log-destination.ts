import pino, { type DestinationStream } from 'pino'

/** In characters. pino's destination also waits until it has this much. */
const MAX_BATCH_LENGTH = 12 * 1024
/** The longest wait of a line here. It may wait as long again in pino's destination. */
const FLUSH_INTERVAL_MS = 50

/**
 * Standard output, written in batches of lines. pino's destination (sonic-boom) can batch as well, but
 * it measures its whole buffer again for each line: see bench/micro/log-destination.ts. No upstream
 * issue found, as of sonic-boom 4.2.1.
 */
export class BatchedOutput implements DestinationStream {
  readonly #output = pino.destination({
    sync: false,
    minLength: MAX_BATCH_LENGTH,
    periodicFlush: FLUSH_INTERVAL_MS,
  })
  #batch = ''
  #timer: NodeJS.Timeout | undefined

  constructor() {
    process.on('exit', () => this.flushSync())
  }

  write(line: string): void {
    this.#batch += line
    if (this.#batch.length >= MAX_BATCH_LENGTH) this.#writeBatch()
    else this.#timer ??= setTimeout(() => this.#writeBatch(), FLUSH_INTERVAL_MS).unref()
  }

  /** pino calls it after a fatal line. */
  flushSync(): void {
    // Flush first: with the last batch added, a write might start that the exit would interrupt.
    this.#output.flushSync()
    this.#writeBatch()
    this.#output.flushSync()
  }

  #writeBatch(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#output.write(this.#batch)
    this.#batch = ''
  }
}
