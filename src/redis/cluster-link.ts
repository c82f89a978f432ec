import { createCluster } from '@redis/client'
import { CLIENT_OPTIONS, type Link, type LinkListener, retryDelay, SOCKET_OPTIONS } from './link.ts'
import type { RedisNodes } from './redis-url.ts'

/** After the connection to a node is lost: another node may have its slots now. */
const REFRESH_AFTER_MS = 1_000

type Cluster = ReturnType<typeof createClusterClient>

/** A link to all nodes of a cluster. It is ready while each shard is. */
export class ClusterLink implements Link {
  readonly client: Cluster
  #isDestroyed = false
  #retries = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: RedisNodes) {
    this.client = createClusterClient(options)
  }

  get isReady(): boolean {
    return this.client.isReady && this.client.masters.every(({ client }) => client?.isReady)
  }

  get isOpen(): boolean {
    return !this.#isDestroyed
  }

  connect(listener: LinkListener): void {
    const onReady = () => {
      if (this.isReady) listener.onReady()
    }
    this.client
      .on('connect', onReady)
      .on('node-ready', onReady)
      .on('error', listener.onError)
      .on('node-error', listener.onError)
    this.#connect(listener)
  }

  destroy(): void {
    this.#isDestroyed = true
    clearTimeout(this.#timer)
    if (this.client.isOpen) this.client.destroy()
  }

  #connect(listener: LinkListener): void {
    listener.onConnect()
    this.client.connect().catch((error: unknown) => {
      listener.onError(error)
      if (this.#isDestroyed) return
      this.#timer = setTimeout(() => this.#connect(listener), retryDelay(this.#retries)).unref()
      this.#retries += 1
    })
  }
}

function createClusterClient({ nodes, credentials, socket }: RedisNodes) {
  const { RESP, ...options } = CLIENT_OPTIONS
  return createCluster({
    RESP,
    rootNodes: nodes.map((node) => ({ socket: { ...node } })),
    defaults: {
      ...options,
      ...credentials,
      socket: { ...SOCKET_OPTIONS, ...socket, reconnectStrategy: retryDelay },
    },
    topologyRefreshOnReconnectionAttemptStrategy: REFRESH_AFTER_MS,
  })
}
