import { ErrorReply } from '@redis/client'
import { ClusterLink } from './cluster-link.ts'
import { type Client, type Link, ServerLink } from './link.ts'
import { parseRedisUrl } from './redis-url.ts'
import { SentinelLink } from './sentinel-link.ts'

/** If a command has no reply for this time, Redis hangs, and the connection is made again. */
const HANG_MS = 2_000
const HEARTBEAT_MS = 5_000
const GRACE_MS = 100
/** Between connections that are made because of an error reply. */
const RENEWAL_INTERVAL_MS = 1_000
/** For each error code. */
const REPORT_INTERVAL_MS = 60_000

/**
 * Errors that a new connection may correct. After a failover, the host name leads to the new primary
 * while this connection still leads to a server that is a replica now. A new connection authenticates.
 */
const CODES_OF_CONNECTION = ['READONLY', 'MASTERDOWN', 'NOAUTH']

export interface RedisConnectionOptions {
  /** It may contain a password. */
  readonly url: string
  /** For a command. */
  readonly timeoutMs: number
  /** How often a connection without other commands is checked. */
  readonly heartbeatMs?: number
  readonly onConnected?: () => void
  /** Called once when the connection is lost or cannot be made, until it is made again. */
  readonly onLost?: (error: unknown) => void
  /** Called at most once a minute for each error code that Redis replies with, such as `OOM`. */
  readonly onErrorReply?: (code: string) => void
}

/** How the connections to Redis are, for `/readyz` and the metrics. */
export interface RedisStatus {
  readonly ready: boolean
  /** Commands without a reply so far. */
  readonly pending: number
  /** Commands that failed, in all. */
  readonly failures: number
}

/**
 * A connection to Redis that is made again when it is lost, or when Redis does not reply. No command
 * waits for longer than its time-out, and none is sent after it.
 */
export class RedisConnection implements RedisStatus {
  readonly #options: RedisConnectionOptions
  readonly #heartbeat: NodeJS.Timeout
  #link: Link
  #connected: boolean | undefined
  #problem: unknown
  /** Resolves after the first attempt to connect, with or without success. */
  #attempted: Promise<void>
  /** Since when a new connection waits for its first reply. */
  #waitingSince: number | undefined
  #nextRenewal = 0
  readonly #nextReports = new Map<string, number>()
  #pending = 0
  #failures = 0

  /** Starts to connect, and retries until it succeeds. */
  constructor(options: RedisConnectionOptions) {
    this.#options = options
    this.#link = linkFor(options.url)
    this.#attempted = this.#connect()
    const { heartbeatMs = HEARTBEAT_MS } = options
    this.#heartbeat = setInterval(() => this.#checkReplies(), heartbeatMs).unref()
  }

  get ready(): boolean {
    return this.#link.isReady
  }

  /** Why there is no connection, if there is none. Commands only say that there is none. */
  get problem(): unknown {
    return this.#problem
  }

  get pending(): number {
    return this.#pending
  }

  get failures(): number {
    return this.#failures
  }

  /** @throws Error if Redis is unavailable, does not reply in time, or replies with an error */
  run<T>(command: (client: Client) => Promise<T>): Promise<T> {
    return this.#send(command, this.#options.timeoutMs)
  }

  close(): void {
    clearInterval(this.#heartbeat)
    this.#link.destroy()
  }

  async #send<T>(command: (client: Client) => Promise<T>, timeoutMs: number): Promise<T> {
    const link = this.#link
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<never>((_resolve, reject) => {
      const onTimeout = () => {
        reject(new Error('Redis command timed out'))
        if (timeoutMs >= HANG_MS && link.isReady) this.#replace()
      }
      // Two timers: after a pause of this process, replies that have arrived are read first.
      timer = setTimeout(() => {
        timer = setTimeout(onTimeout, GRACE_MS)
      }, timeoutMs)
    })
    this.#pending += 1
    return Promise.race([this.#attempted.then(() => command(link.client)), deadline])
      .catch((error: unknown) => {
        this.#failures += 1
        if (error instanceof ErrorReply) this.#handleErrorReply(codeOf(error), link)
        throw error
      })
      .finally(() => {
        this.#pending -= 1
        clearTimeout(timer)
      })
  }

  /** Notices a Redis server that hangs, also while nothing else is sent. */
  #checkReplies(): void {
    const waited = performance.now() - (this.#waitingSince ?? performance.now())
    if (waited >= HANG_MS) this.#replace()
    else if (this.ready) this.#send((client) => client.ping(), HANG_MS).catch(() => {})
  }

  /** Gives up a connection on which nothing is replied, with all commands that wait on it. */
  #replace(): void {
    this.#lost(new Error('Redis does not reply'))
    this.#reconnect()
    // Commands fail at once until Redis replies.
    this.#attempted = Promise.resolve()
  }

  #reconnect(): void {
    const old = this.#link
    this.#link = linkFor(this.#options.url)
    this.#attempted = this.#connect()
    old.destroy()
  }

  #lost(error: unknown): void {
    this.#problem = error
    // Each failed retry is an error too: report only the first one.
    if (this.#connected !== false) this.#options.onLost?.(error)
    this.#connected = false
  }

  #connect(): Promise<void> {
    const link = this.#link
    this.#waitingSince = undefined
    return new Promise((resolve) => {
      link.connect({
        onConnect: () => {
          this.#waitingSince = performance.now()
        },
        onReady: () => {
          this.#waitingSince = undefined
          if (this.#connected !== true) this.#options.onConnected?.()
          this.#connected = true
          this.#problem = undefined
          resolve()
        },
        onError: (error) => {
          resolve()
          if (link !== this.#link) return
          this.#waitingSince = undefined
          this.#lost(error)
        },
      })
    })
  }

  #handleErrorReply(code: string, link: Link): void {
    const now = performance.now()
    if (now >= (this.#nextReports.get(code) ?? 0)) {
      this.#nextReports.set(code, now + REPORT_INTERVAL_MS)
      this.#options.onErrorReply?.(code)
    }
    // Other commands may have got the same reply before the client was replaced or closed.
    const isCurrent = link === this.#link && link.isOpen
    if (!CODES_OF_CONNECTION.includes(code) || !isCurrent || now < this.#nextRenewal) return
    this.#nextRenewal = now + RENEWAL_INTERVAL_MS
    this.#reconnect()
  }
}

/** The first word of an error reply, also of one from a script (Redis 6 puts it into the text). */
function codeOf({ message }: ErrorReply): string {
  return /^(?:ERR .*: -)?([A-Z]+) /.exec(message)?.[1] ?? 'ERR'
}

function linkFor(url: string): Link {
  const found = parseRedisUrl(url)
  if (found === undefined || 'url' in found) return new ServerLink(url)
  return found.kind === 'sentinel' ? new SentinelLink(found) : new ClusterLink(found)
}
