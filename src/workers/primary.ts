import cluster from 'node:cluster'
import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import { addressesOf } from '../lifecycle/listen.ts'
import { createLogger } from '../observability/logger.ts'
import { serveMetrics } from '../observability/metrics-server.ts'
import { Crashes } from './crashes.ts'
import { FleetMetrics } from './fleet-metrics.ts'
import { Member } from './member.ts'
import { RELOADING, STOPPING } from './messages.ts'
import { watchForSilence } from './silent-workers.ts'

/** For a new worker to get ready during a reload. */
const READY_TIMEOUT_MS = 30_000
/** Beyond the shutdown time-out, until a worker that does not end is killed. */
const KILL_GRACE_MS = 3_000

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
    const { workers, workerTimeout, metricsHost, metricsPort, allowedHosts } = this.#config
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
    watchForSilence(this.#members, workerTimeout, (member) => this.#onSilent(member))
  }

  #fork(): Member {
    const { workers } = this.#config
    const member = new Member({ number: this.#nextNumber++, workers, directory: this.#directory })
    member.on('ready', () => {
      if (this.#hasStarted) member.send({ type: 'all-ready' })
      else this.#onReady()
    })
    member.on('failed', (message) => this.#onFailed(member, message))
    member.on('exit', (reason) => {
      this.#members.delete(member)
      this.#onExit(member, reason)
    })
    this.#members.add(member)
    this.#metrics.add(member.worker)
    return member
  }

  #onReady(): void {
    if (![...this.#members].every(({ isReady }) => isReady)) return
    const { workers } = this.#config
    this.#log.info({ event: 'workers_ready', workers }, 'All workers are ready')
    this.#hasStarted = true
    for (const member of this.#members) member.send({ type: 'all-ready' })
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
    for (const member of this.#members) member.kill()
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
    for (const member of this.#members) void this.#stop(member)
    this.#endWithLast()
  }

  #stop(member: Member): Promise<void> {
    return member.stop(this.#config.shutdownTimeout + KILL_GRACE_MS)
  }

  #onSilent(member: Member): void {
    const { number } = member
    const { workerTimeout: timeout } = this.#config
    this.#log.error({ event: 'worker_hangs', number, timeout }, 'A worker hangs, killing it')
    member.kill()
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
      const timer = member.killAfter(READY_TIMEOUT_MS)
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
