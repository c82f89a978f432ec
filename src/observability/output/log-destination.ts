import { EventEmitter } from 'node:events'
import { constants, fstatSync, openSync, writeSync } from 'node:fs'
import type { DestinationStream } from 'pino'

const STANDARD_OUTPUT = 1
/** In characters. */
const MAX_BATCH_LENGTH = 12 * 1024
/** POSIX: up to here, a write to a pipe is not mixed with those of other processes (PIPE_BUF on Linux). */
export const SHARED_BATCH_LENGTH = 4_096
/** The longest wait of a line while the output can be written. */
const FLUSH_INTERVAL_MS = 50
/** How soon a write that failed is tried again. */
const RETRY_INTERVAL_MS = 20
/** What is kept while the output cannot be written: some seconds of a busy server's log. */
const MAX_QUEUE_BYTES = 8 * 1024 * 1024
/** How long the end of the process waits for a reader that does not read, counted from its last read. */
const MAX_EXIT_WAIT_MS = 1_000
const EXIT_RETRY_INTERVAL_MS = 10

interface LogOutputEvents {
  /** All that waited is written; with the number of lines dropped since the last event. */
  recovered: [dropped: number]
  /** Once until it recovers: the output cannot be written, or its reader is so slow that lines are dropped. */
  failed: [code: string]
}

/**
 * Writes lines to standard output or another output, in batches, without waiting for its reader. While it
 * cannot be written (full disk, reader gone or stuck), lines wait in a queue, and if that is full, further
 * lines are dropped and counted. pino's destination (sonic-boom) writes in a thread that a stuck reader
 * blocks, and Node waits for its threads before it exits. No upstream issue found, as of sonic-boom 4.2.1.
 */
export class LogOutput extends EventEmitter<LogOutputEvents> implements DestinationStream {
  readonly #write: (bytes: Buffer) => number
  readonly #queue: Buffer[] = []
  readonly #maxBatchLength: number
  #queuedBytes = 0
  /** The lines that are not in the queue yet. */
  #batch = ''
  #timer: NodeJS.Timeout | undefined
  /** When the output first failed since it last took something (`performance.now()`). */
  #failingSince: number | undefined
  #isFailureReported = false
  #droppedSinceReport = 0
  #dropped = 0

  /**
   * @param open returns a function that writes what fits without waiting, and returns the number of bytes
   * @param maxBatchLength in characters; smaller where several processes write to the same pipe
   */
  constructor(
    open: () => (bytes: Buffer) => number = openOutput,
    maxBatchLength = MAX_BATCH_LENGTH,
  ) {
    super()
    this.#write = open()
    this.#maxBatchLength = maxBatchLength
    process.on('exit', () => this.#flushAtExit())
  }

  /** The number of lines that were dropped so far. */
  get dropped(): number {
    return this.#dropped
  }

  write(line: string): void {
    // Until all that waited is written, so that there is one gap, and its size is logged in its place.
    if (this.#droppedSinceReport > 0 || this.#queuedBytes >= MAX_QUEUE_BYTES) {
      this.#droppedSinceReport += 1
      this.#dropped += 1
      this.#reportFailure('EAGAIN')
      return
    }
    const isFull = this.#batch.length + line.length > this.#maxBatchLength
    if (isFull) this.#enqueueBatch()
    this.#batch += line
    if (isFull) {
      this.#enqueueBatch()
      this.flushSync()
    } else this.#timer ??= this.#flushAfter(FLUSH_INTERVAL_MS)
  }

  /**
   * Writes what the output takes now. pino calls it after a fatal line.
   *
   * @returns the code of the system if not all could be written
   */
  flushSync(): string | undefined {
    clearTimeout(this.#timer)
    this.#timer = undefined
    try {
      this.#writeQueue()
      this.#enqueueBatch()
      this.#writeQueue()
    } catch (error) {
      this.#failingSince ??= performance.now()
      this.#timer = this.#flushAfter(RETRY_INTERVAL_MS)
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EAGAIN') this.#reportFailure(String(code))
      return code
    }
    this.#isFailureReported = false
    const dropped = this.#droppedSinceReport
    this.#droppedSinceReport = 0
    if (dropped > 0) this.emit('recovered', dropped)
    return undefined
  }

  #reportFailure(code: string): void {
    if (this.#isFailureReported) return
    this.#isFailureReported = true
    this.emit('failed', code)
  }

  #flushAfter(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => this.flushSync(), milliseconds).unref()
  }

  #enqueueBatch(): void {
    if (this.#batch === '') return
    const batch = Buffer.from(this.#batch)
    this.#batch = ''
    this.#queue.push(batch)
    this.#queuedBytes += batch.length
  }

  /** @throws Error of the system, such as EAGAIN (reader stuck), EPIPE (reader gone) or ENOSPC */
  #writeQueue(): void {
    for (let [head] = this.#queue; head !== undefined; [head] = this.#queue) {
      const written = this.#write(head)
      this.#failingSince = undefined
      this.#queuedBytes -= written
      // A part of a line may be written: its rest stays first.
      if (written < head.length) this.#queue[0] = head.subarray(written)
      else this.#queue.shift()
    }
  }

  #flushAtExit(): void {
    const deadline = (this.#failingSince ?? performance.now()) + MAX_EXIT_WAIT_MS
    const sleeper = new Int32Array(new SharedArrayBuffer(4))
    while (this.flushSync() === 'EAGAIN' && performance.now() < deadline) {
      Atomics.wait(sleeper, 0, 0, EXIT_RETRY_INTERVAL_MS)
    }
    // The line with the number of dropped ones.
    this.flushSync()
  }
}

/** @returns a function that writes what fits without waiting, and returns the number of bytes */
function openOutput(): (bytes: Buffer) => number {
  // For pipes and sockets, this property turns on the non-blocking mode when it is first read.
  const { stdout } = process
  // A launcher that collects the output of its processes has replaced the function (pm2 in cluster mode).
  if (stdout.write !== Object.getPrototypeOf(stdout).write) {
    return (bytes) => {
      stdout.write(bytes)
      return bytes.length
    }
  }
  const descriptor = openDescriptor()
  return (bytes) => writeSync(descriptor, bytes)
}

/** Opens pipes and terminals again in non-blocking mode. Files have no such mode, and a position. */
function openDescriptor(): number {
  if (fstatSync(STANDARD_OUTPUT).isFile()) return STANDARD_OUTPUT
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants
  try {
    return openSync(`/proc/self/fd/${STANDARD_OUTPUT}`, O_WRONLY | O_NONBLOCK | O_NOCTTY)
  } catch {
    // Sockets cannot be opened, and other systems than Linux do not have the path.
    return STANDARD_OUTPUT
  }
}
