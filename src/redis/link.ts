import { createClient } from '@redis/client'

/** For a connection attempt. */
const CONNECT_TIMEOUT_MS = 2_000
const MIN_RETRY_DELAY_MS = 100
const MAX_RETRY_DELAY_MS = 2_000
/** Commands without a reply. More are rejected: a Redis server that hangs takes no memory. */
const MAX_PENDING_COMMANDS = 1_000

/** The commands that are used. Each is about one key, or can be split by its keys for a cluster. */
export type Client = Pick<
  ReturnType<typeof createServerClient>,
  | 'del'
  | 'eval'
  | 'get'
  | 'getDel'
  | 'pExpire'
  | 'ping'
  | 'pTTL'
  | 'set'
  | 'zPopMinCount'
  | 'zRange'
  | 'zRem'
>

/** What happens to a link. */
export interface LinkListener {
  /** A connection is open, and waits for its first reply. */
  onConnect(): void
  onReady(): void
  /** The connection is lost, or cannot be made. It is tried again. */
  onError(error: unknown): void
}

/** The connections to one Redis server, to the primary that sentinels name, or to the nodes of a cluster. */
export interface Link {
  readonly client: Client
  readonly isReady: boolean
  readonly isOpen: boolean
  /** Connects, and does so again when the connection is lost, until it is destroyed. */
  connect(listener: LinkListener): void
  destroy(): void
}

/** Options of every client: commands fail at once while Redis is down, and are not queued. */
export const CLIENT_OPTIONS = {
  RESP: 2,
  disableOfflineQueue: true,
  commandsQueueMaxLength: MAX_PENDING_COMMANDS,
} as const

export const SOCKET_OPTIONS = { connectTimeout: CONNECT_TIMEOUT_MS }

export function retryDelay(retries: number): number {
  return Math.min(MIN_RETRY_DELAY_MS * 2 ** retries, MAX_RETRY_DELAY_MS)
}

function createServerClient(url: string) {
  return createClient({
    url,
    ...CLIENT_OPTIONS,
    socket: { ...SOCKET_OPTIONS, reconnectStrategy: retryDelay },
  })
}

/** The link to one server. */
export class ServerLink implements Link {
  readonly client: ReturnType<typeof createServerClient>

  constructor(url: string) {
    this.client = createServerClient(url)
  }

  get isReady(): boolean {
    return this.client.isReady
  }

  get isOpen(): boolean {
    return this.client.isOpen
  }

  connect({ onConnect, onReady, onError }: LinkListener): void {
    this.client.on('connect', onConnect).on('ready', onReady).on('error', onError)
    this.client.connect().catch(onError)
  }

  destroy(): void {
    if (this.client.isOpen) this.client.destroy()
  }
}
