import cluster, { type Worker } from 'node:cluster'
import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import { addressesOf } from '../lifecycle/listen.ts'
import { createLogger } from '../observability/logger.ts'
import { serveMetrics } from '../observability/metrics-server.ts'
import { Crashes } from './crashes.ts'
import { FleetMetrics } from './fleet-metrics.ts'
import { type FromWorker, RELOADING, STOPPING, type ToWorker, WORKER_VARIABLE } from './messages.ts'

/** For a new worker to get ready during a reload. */
const READY_TIMEOUT_MS = 30_000
/** Beyond the shutdown time-out, until a worker that does not end is killed. */
const KILL_GRACE_MS = 3_000

/** A worker, and where it stands. */
interface Member {
  readonly worker: Worker
  readonly number: number
  readonly ready: Promise<boolean>
  readonly ended: Promise<void>
  isReady: boolean
  /** Whether it was told to end. */
  isLeaving: boolean
}

/**
 * Keeps a number of workers running, which share the port. It serves no requests: only the metrics of all
 * workers.
 */
export class Primary {
  readonly #config: Config
  readonly #log: Logger
  readonly #members = new Set<Member>()
  readonly #metrics = new FleetMetrics()
  readonly #crashes: Crashes
  #nextNumber = 1
  /** Whether all workers have been ready once. */
  #hasStarted = false
  readonly #directory = process.cwd()
  #exitCode: number | undefined
  #reload: Promise<void> | undefined

  constructor(config: Config) {
    this.#config = config
    this.#crashes = new Crashes(config.workers)
    this.#log = createLogger(config.logLevel, undefined, {
      ...config,
      base: { pid: process.pid, worker: 0 },
    })
  }

  async start(): Promise<void> {
    const { workers, metricsHost, metricsPort, allowedHosts } = this.#config
    // Otherwise workers would inherit the folder itself, also after an upgrade has put another one at its path.
    cluster.setupPrimary({ serialization: 'advanced', cwd: this.#directory })
    if (metricsPort !== undefined) {
      const [address] = await addressesOf(metricsHost, 'METRICS_HOST')
      const options = { metricsPort, allowedHosts, log: this.#log }
      const { port } = await serveMetrics(() => this.#metrics.collect(), address, options)
      this.#log.info({ event: 'metrics_listening', port }, 'Metrics available at /metrics')
    }
    for (const signal of STOPPING) process.on(signal, () => this.#onStop(signal))
    for (const signal of RELOADING) process.on(signal, () => this.#onReload(signal))
    for (let count = 0; count < workers; count += 1) this.#fork()
  }

  #fork(): Member {
    const number = this.#nextNumber++
    const env = { [WORKER_VARIABLE]: String(number), WORKERS: String(this.#config.workers) }
    const worker = cluster.fork(env)
    let onReady: (isReady: boolean) => void
    const ready = new Promise<boolean>((resolve) => {
      onReady = resolve
    })
    const ended = new Promise<void>((resolve) => {
      worker.on('exit', (code, signal) => {
        onReady(false)
        this.#members.delete(member)
        resolve()
        this.#onExit(member, signal ?? code)
      })
    })
    const member: Member = { worker, number, ready, ended, isReady: false, isLeaving: false }
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'failed') this.#onFailed(member, message.message)
      else if (message.type === 'closed') send(worker, { type: 'released' })
      else if (message.type === 'ready') {
        member.isReady = true
        onReady(true)
        if (this.#hasStarted) send(worker, { type: 'all-ready' })
        else this.#onReady()
      }
    })
    // A worker that ends may not take a message any more: its end follows. If the system did not start a process,
    // such as for the lack of a folder or of open files, Node says nothing else.
    worker.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (worker.process.pid !== undefined) return
      this.#onFailed(member, `Cannot start a process in ${this.#directory} (${code})`)
      worker.emit('disconnect')
      worker.emit('exit', null, code)
    })
    this.#members.add(member)
    this.#metrics.add(worker)
    return member
  }

  #onReady(): void {
    if (![...this.#members].every(({ isReady }) => isReady)) return
    const { workers } = this.#config
    this.#log.info({ event: 'workers_ready', workers }, 'All workers are ready')
    this.#hasStarted = true
    for (const { worker } of this.#members) send(worker, { type: 'all-ready' })
  }

  /** What keeps one worker from starting at first keeps all of them: it is reported once. */
  #onFailed(member: Member, message: string): void {
    if (this.#hasStarted) {
      const { number } = member
      this.#log.error({ event: 'worker_failed', number, reason: message }, 'A worker did not start')
    } else if (this.#exitCode === undefined) {
      process.stderr.write(message)
      this.#abort()
    }
  }

  #onExit(member: Member, reason: string | number): void {
    if (this.#exitCode !== undefined) this.#endWithLast()
    else if (!member.isLeaving) this.#onCrash(member, reason)
  }

  #onCrash({ number }: Member, reason: string | number): void {
    this.#log.error({ event: 'worker_ended', number, reason }, 'A worker ended by itself')
    this.#crashes.add()
    const { count: crashes, isOverLimit, restartDelay } = this.#crashes
    if (!this.#hasStarted || isOverLimit) {
      this.#log.fatal({ event: 'workers_failing', crashes }, 'Workers keep ending, giving up')
      this.#abort()
      return
    }
    setTimeout(() => {
      if (this.#exitCode === undefined) this.#fork()
    }, restartDelay)
  }

  #abort(): void {
    this.#exitCode = 1
    for (const { worker } of this.#members) worker.process.kill('SIGKILL')
    this.#endWithLast()
  }

  /** Exits as soon as there is no worker. */
  #endWithLast(): void {
    if (this.#members.size === 0) process.exit(this.#exitCode)
  }

  #onStop(signal: string): void {
    // A second signal ends all processes at once.
    if (this.#exitCode !== undefined) {
      this.#abort()
      return
    }
    this.#log.info({ event: 'signal_received', signal }, `Received ${signal}, shutting down`)
    this.#exitCode = 0
    for (const member of this.#members) this.#stop(member)
    this.#endWithLast()
  }

  #stop(member: Member): Promise<void> {
    member.isLeaving = true
    // One that has just been started would miss a message, but no signal.
    if (member.isReady) send(member.worker, { type: 'stop' })
    else member.worker.process.kill('SIGTERM')
    const timer = killAfter(member, this.#config.shutdownTimeout + KILL_GRACE_MS)
    return member.ended.then(() => clearTimeout(timer))
  }

  #onReload(signal: string): void {
    if (!this.#hasStarted || this.#reload !== undefined || this.#exitCode !== undefined) {
      this.#log.warn({ event: 'reload_ignored', signal }, 'Starting, reloading or shutting down')
      return
    }
    this.#log.info({ event: 'reload_started', signal }, `Received ${signal}, replacing all workers`)
    this.#reload = this.#replaceAll().finally(() => {
      this.#reload = undefined
    })
  }

  /** One worker after the other: the new one is ready before the old one ends. */
  async #replaceAll(): Promise<void> {
    for (const old of [...this.#members]) {
      // All are told to end: one more would not be.
      if (this.#exitCode !== undefined) return
      // One that ended by itself meanwhile has a replacement.
      if (!this.#members.has(old)) continue
      const member = this.#fork()
      // If it ends, the old one serves on.
      member.isLeaving = true
      const timer = killAfter(member, READY_TIMEOUT_MS)
      const isReady = await member.ready
      clearTimeout(timer)
      if (this.#exitCode !== undefined) return
      if (!isReady) {
        this.#log.error({ event: 'reload_failed' }, 'A new worker did not get ready: reload ended')
        return
      }
      member.isLeaving = false
      await this.#stop(this.#members.has(old) ? old : member)
    }
    this.#log.info({ event: 'reload_finished' }, 'All workers are replaced')
  }
}

function killAfter({ worker }: Member, timeoutMs: number): NodeJS.Timeout {
  return setTimeout(() => worker.process.kill('SIGKILL'), timeoutMs)
}

function send(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message)
}
