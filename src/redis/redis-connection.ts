import { createClient } from '@redis/client'

/** For a connection attempt. */
const CONNECT_TIMEOUT_MS = 2_000
const MIN_RETRY_DELAY_MS = 100
const MAX_RETRY_DELAY_MS = 2_000
/** Commands without a reply. More are rejected, so that a Redis server that hangs takes no memory. */
const MAX_PENDING_COMMANDS = 10_000

type Client = ReturnType<typeof clientFor>

export interface RedisConnectionOptions {
  /** It may contain a password. */
  readonly url: string
  /** For a command. */
  readonly timeoutMs: number
  readonly onConnected?: () => void
  /** Called once when the connection is lost or cannot be made, until it is made again. */
  readonly onLost?: (error: unknown) => void
}

/** A connection to Redis that is made again when it is lost. No command waits for longer than its time-out. */
export class RedisConnection {
  readonly #client: Client
  readonly #timeoutMs: number
  /** Resolves after the first attempt to connect, with or without success. */
  readonly #attempted: Promise<void>

  /** Starts to connect, and retries until it succeeds. */
  constructor({ url, timeoutMs, onConnected, onLost }: RedisConnectionOptions) {
    this.#timeoutMs = timeoutMs
    this.#client = clientFor(url)
    let connected: boolean | undefined
    this.#client.on('ready', () => {
      connected = true
      onConnected?.()
    })
    const onError = (error: unknown) => {
      // Each failed retry is an error too: report only the first one.
      if (connected !== false) onLost?.(error)
      connected = false
    }
    this.#client.on('error', onError)
    this.#attempted = new Promise((resolve) => {
      for (const event of ['ready', 'error']) this.#client.once(event, () => resolve())
    })
    this.#client.connect().catch(onError)
  }

  get ready(): boolean {
    return this.#client.isReady
  }

  /** @throws Error if Redis is unavailable, or does not reply in time */
  async run<T>(command: (client: Client) => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('Redis command timed out')), this.#timeoutMs)
    })
    return Promise.race([this.#attempted.then(() => command(this.#client)), deadline]).finally(() =>
      clearTimeout(timer),
    )
  }

  close(): void {
    this.#client.destroy()
  }
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
