import cluster, { type Worker } from 'node:cluster'
import { EventEmitter } from 'node:events'
import { type FromWorker, type ToWorker, WORKER_VARIABLE } from './messages.ts'

export interface MemberOptions {
  readonly number: number
  /** How many workers there are. */
  readonly workers: number
  /** Where it starts, for messages. */
  readonly directory: string
}

interface MemberEvents {
  ready: []
  /** It did not start, with a message for people. */
  failed: [message: string]
  exit: [reason: string | number]
}

/** A worker as its primary sees it, and where it stands. */
export class Member extends EventEmitter<MemberEvents> {
  readonly number: number
  readonly worker: Worker
  /** Resolves with `false` if it ended before it was ready. */
  readonly ready: Promise<boolean>
  readonly ended: Promise<void>
  isReady = false
  /** Whether it was told to end. */
  isLeaving = false
  /** When it last sent a message, by `performance.now()`; undefined before the first one, and once it is known to hang. */
  heardAt: number | undefined

  constructor({ number, workers, directory }: MemberOptions) {
    super()
    this.number = number
    this.worker = cluster.fork({ [WORKER_VARIABLE]: String(number), WORKERS: String(workers) })
    this.ended = new Promise((resolve) => this.once('exit', () => resolve()))
    this.ready = new Promise((resolve) => {
      this.once('ready', () => resolve(true))
      void this.ended.then(() => resolve(false))
    })
    this.worker.on('message', (message: FromWorker) => this.#receive(message))
    this.worker.on('exit', (code, signal) => this.emit('exit', signal ?? code))
    // A worker that ends may not take a message any more: its end follows. If the system did not start a process,
    // such as for the lack of a folder or of open files, Node says nothing else.
    this.worker.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (this.worker.process.pid !== undefined) return
      this.emit('failed', `Cannot start a process in ${directory} (${code})`)
      this.worker.emit('disconnect')
      this.worker.emit('exit', null, code)
    })
  }

  send(message: ToWorker): void {
    if (this.worker.isConnected()) this.worker.send(message)
  }

  /** @param killAfter in milliseconds, until it is killed if it has not ended */
  async stop(killAfter: number): Promise<void> {
    this.isLeaving = true
    // One that has just been started would miss a message, but no signal.
    if (this.isReady) this.send({ type: 'stop' })
    else this.worker.process.kill('SIGTERM')
    const timer = this.killAfter(killAfter)
    await this.ended
    clearTimeout(timer)
  }

  kill(): void {
    this.worker.process.kill('SIGKILL')
  }

  killAfter(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => this.kill(), milliseconds)
  }

  #receive(message: FromWorker): void {
    this.heardAt = performance.now()
    if (message.type === 'failed') this.emit('failed', message.message)
    else if (message.type === 'closed') this.send({ type: 'released' })
    else if (message.type === 'ready') {
      this.isReady = true
      this.emit('ready')
    }
  }
}
