import { createClient, ErrorReply } from '@redis/client'

/** For a connection attempt. */
const CONNECT_TIMEOUT_MS = 2_000
const MIN_RETRY_DELAY_MS = 100
const MAX_RETRY_DELAY_MS = 2_000
/** Commands without a reply. More are rejected, so that a Redis server that hangs takes no memory. */
const MAX_PENDING_COMMANDS = 10_000
/** Between connections that are made because of an error reply. */
const RENEWAL_INTERVAL_MS = 1_000
/** For each error code. */
const REPORT_INTERVAL_MS = 60_000

/**
 * Errors that a new connection may correct. After a failover, the host name leads to the new primary
 * while this connection still leads to a server that is a replica now. A new connection authenticates.
 */
const CODES_OF_CONNECTION = ['READONLY', 'MASTERDOWN', 'NOAUTH']

type Client = ReturnType<typeof clientFor>

export interface RedisConnectionOptions {
  /** It may contain a password. */
  readonly url: string
  /** For a command. */
  readonly timeoutMs: number
  readonly onConnected?: () => void
  /** Called once when the connection is lost or cannot be made, until it is made again. */
  readonly onLost?: (error: unknown) => void
  /** Called at most once a minute for each error code that Redis replies with, such as `OOM`. */
  readonly onErrorReply?: (code: string) => void
}

/** A connection to Redis that is made again when it is lost. No command waits for longer than its time-out. */
export class RedisConnection {
  readonly #options: RedisConnectionOptions
  #client: Client
  #connected: boolean | undefined
  /** Resolves after the first attempt to connect, with or without success. */
  #attempted: Promise<void>
  #nextRenewal = 0
  readonly #nextReports = new Map<string, number>()

  /** Starts to connect, and retries until it succeeds. */
  constructor(options: RedisConnectionOptions) {
    this.#options = options
    this.#client = clientFor(options.url)
    this.#attempted = this.#connect()
  }

  get ready(): boolean {
    return this.#client.isReady
  }

  /** @throws Error if Redis is unavailable, does not reply in time, or replies with an error */
  async run<T>(command: (client: Client) => Promise<T>): Promise<T> {
    const client = this.#client
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<never>((_resolve, reject) => {
      const { timeoutMs } = this.#options
      timer = setTimeout(() => reject(new Error('Redis command timed out')), timeoutMs)
    })
    return Promise.race([this.#attempted.then(() => command(client)), deadline])
      .catch((error: unknown) => {
        if (error instanceof ErrorReply) this.#handleErrorReply(codeOf(error), client)
        throw error
      })
      .finally(() => clearTimeout(timer))
  }

  close(): void {
    this.#client.destroy()
  }

  #connect(): Promise<void> {
    const client = this.#client
    const { onConnected, onLost } = this.#options
    client.on('ready', () => {
      if (this.#connected !== true) onConnected?.()
      this.#connected = true
    })
    const onError = (error: unknown) => {
      // Each failed retry is an error too: report only the first one.
      if (this.#connected !== false) onLost?.(error)
      this.#connected = false
    }
    client.on('error', onError)
    const attempted = new Promise<void>((resolve) => {
      for (const event of ['ready', 'error']) client.once(event, () => resolve())
    })
    client.connect().catch(onError)
    return attempted
  }

  #handleErrorReply(code: string, client: Client): void {
    const now = performance.now()
    if (now >= (this.#nextReports.get(code) ?? 0)) {
      this.#nextReports.set(code, now + REPORT_INTERVAL_MS)
      this.#options.onErrorReply?.(code)
    }
    // Other commands may have got the same reply before the client was replaced or closed.
    const isCurrent = client === this.#client && client.isOpen
    if (!CODES_OF_CONNECTION.includes(code) || !isCurrent || now < this.#nextRenewal) return
    this.#nextRenewal = now + RENEWAL_INTERVAL_MS
    client.destroy()
    this.#client = clientFor(this.#options.url)
    this.#attempted = this.#connect()
  }
}

/** The first word of an error reply, also of one from a script (Redis 6 puts it into the text). */
function codeOf({ message }: ErrorReply): string {
  return /^(?:ERR .*: -)?([A-Z]+) /.exec(message)?.[1] ?? 'ERR'
}

function clientFor(url: string) {
  return createClient({
    url,
    RESP: 2,
    // Commands fail at once while Redis is down; they are not queued until it is back.
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_PENDING_COMMANDS,
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectStrategy: (retries) =>
        Math.min(MIN_RETRY_DELAY_MS * 2 ** retries, MAX_RETRY_DELAY_MS),
    },
  })
}
