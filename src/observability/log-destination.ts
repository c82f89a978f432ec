import pino, { type DestinationStream } from 'pino'

/** In characters. pino's destination holds back less than that, too. */
const MAX_BATCH_LENGTH = 12 * 1024
/** How long a line waits at most: once here, and once in pino's destination. */
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
    // Flushed before the last batch: together they might start a write that the exit would cut off.
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
