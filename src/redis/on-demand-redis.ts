import { RedisConnection, type RedisStatus } from './redis-connection.ts'

/** For one command: a request waits for it. */
const TIMEOUT_MS = 500
/** After a failure, requests do not wait for Redis for this time. */
const PAUSE_MS = 1_000
const REPORT_INTERVAL_MS = 60_000

export interface OnDemandRedisOptions {
  /** It may contain a password. */
  readonly url: string
  /** Called at most once a minute after a command failed, with the reason why there is no connection, if so. */
  readonly onUnavailable: (error: unknown) => void
  /** Called at most once a minute for each error code that Redis replies with. */
  readonly onErrorReply: (code: string) => void
}

/** Redis for commands that API requests wait for, and only a short time. The first one connects. */
export class OnDemandRedis {
  readonly #options: OnDemandRedisOptions
  #connection: RedisConnection | undefined
  #pausedUntil = 0
  #nextReport = 0

  constructor(options: OnDemandRedisOptions) {
    this.#options = options
  }

  /** Whether a command failed a moment ago, so that no other one should be run now. */
  get isPaused(): boolean {
    return performance.now() < this.#pausedUntil
  }

  /** @throws Error if Redis is unavailable, does not reply in time, or replies with an error */
  run<T>(command: Parameters<typeof RedisConnection.prototype.run<T>>[0]): Promise<T> {
    this.#connection ??= this.#connect()
    const connection = this.#connection
    return connection.run(command).catch((error: unknown) => {
      this.#pause(connection.problem ?? error)
      throw error
    })
  }

  /** Undefined if no command was run yet. */
  get status(): RedisStatus | undefined {
    return this.#connection
  }

  close(): void {
    this.#connection?.close()
  }

  #connect(): RedisConnection {
    const { url, onErrorReply } = this.#options
    return new RedisConnection({ url, timeoutMs: TIMEOUT_MS, onErrorReply })
  }

  #pause(error: unknown): void {
    const now = performance.now()
    this.#pausedUntil = now + PAUSE_MS
    if (now < this.#nextReport) return
    this.#nextReport = now + REPORT_INTERVAL_MS
    this.#options.onUnavailable(error)
  }
}
