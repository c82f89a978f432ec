import { createClient } from '@redis/client'
import { CLIENT_OPTIONS, type Link, type LinkListener, retryDelay, SOCKET_OPTIONS } from './link.ts'
import type { RedisNode, RedisNodes } from './redis-url.ts'

/** For a sentinel to reply. */
const SENTINEL_TIMEOUT_MS = 1_000

type NodeClient = ReturnType<typeof createNodeClient>

/**
 * A link to the primary that sentinels name. They are asked again for each connection, so that the link
 * follows a failover. The client for sentinels in @redis/client is not used: it sends one command at a time
 * over a connection, and repeats commands that are counted.
 */
export class SentinelLink implements Link {
  readonly #options: RedisNodes
  #client: NodeClient
  #isPrimary = false
  #isOpen = false
  #retries = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: RedisNodes) {
    this.#options = options
    // Not connected: its commands fail.
    this.#client = createNodeClient(options, { host: '', port: 0 })
  }

  get client(): NodeClient {
    return this.#client
  }

  get isReady(): boolean {
    return this.#isPrimary && this.#client.isReady
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  connect(listener: LinkListener): void {
    this.#isOpen = true
    void this.#connect(listener)
  }

  destroy(): void {
    this.#isOpen = false
    clearTimeout(this.#timer)
    if (this.#client.isOpen) this.#client.destroy()
  }

  async #connect(listener: LinkListener): Promise<void> {
    listener.onConnect()
    try {
      const primary = await findPrimary(this.#options)
      if (!this.#isOpen) return
      const client = createNodeClient(this.#options, primary)
      this.#client = client
      client.on('error', (error) => this.#lost(client, error, listener))
      await client.connect()
      // For some seconds after a failover, a sentinel may name a server that is a replica now.
      const found = await client.role()
      if (found?.role !== 'master') {
        throw new Error(`The sentinels name a server that is a ${found?.role}`)
      }
      this.#isPrimary = true
      this.#retries = 0
      listener.onReady()
    } catch (error) {
      this.#lost(this.#client, error, listener)
    }
  }

  /** Asks the sentinels again, once for each client. */
  #lost(client: NodeClient, error: unknown, listener: LinkListener): void {
    if (client !== this.#client || !this.#isOpen) return
    this.#isPrimary = false
    if (client.isOpen) client.destroy()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#connect(listener), retryDelay(this.#retries)).unref()
    this.#retries += 1
    listener.onError(error)
  }
}

function createNodeClient({ credentials, socket, database }: RedisNodes, node: RedisNode) {
  return createClient({
    ...CLIENT_OPTIONS,
    ...credentials,
    database,
    socket: { ...SOCKET_OPTIONS, ...socket, ...node, reconnectStrategy: false },
  })
}

/**
 * The primary, as the first sentinel that replies names it.
 *
 * @throws Error if none names it
 */
async function findPrimary(options: RedisNodes): Promise<RedisNode> {
  const errors: string[] = []
  for (const node of options.nodes) {
    try {
      return await askSentinel(options, node)
    } catch (error) {
      errors.push(`${node.host}:${node.port} ${(error as Error).message}`)
    }
  }
  throw new Error(`No sentinel names the primary ${options.name} (${errors.join('; ')})`)
}

async function askSentinel({ sentinelCredentials, socket, name }: RedisNodes, node: RedisNode) {
  const client = createClient({
    RESP: 2,
    ...sentinelCredentials,
    socket: {
      ...socket,
      ...node,
      connectTimeout: SENTINEL_TIMEOUT_MS,
      reconnectStrategy: false,
    },
  })
  // Errors are those of connect() and of the command.
  client.on('error', () => {})
  const timer = setTimeout(() => client.destroy(), SENTINEL_TIMEOUT_MS)
  try {
    await client.connect()
    const reply = await client.sendCommand(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name])
    const [host, port] = (reply ?? []) as unknown as string[]
    if (host === undefined) throw new Error('does not know it')
    return { host, port: Number(port) }
  } finally {
    clearTimeout(timer)
    if (client.isOpen) client.destroy()
  }
}
