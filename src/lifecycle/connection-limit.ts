import cluster from 'node:cluster'
import { readFileSync } from 'node:fs'
import type { Server } from 'node:net'
import { getHeapStatistics } from 'node:v8'
import type { FastifyBaseLogger } from 'fastify'
import { atMostEvery } from '../utils/at-most-every.ts'

const MAX_CONNECTIONS = 20_000
/** Files other than clients' connections: log, keys, Redis, metrics, and what the product opens. */
const RESERVED_FILES = 128
/** What a connection takes of the heap, with the head of a request. The heap follows the container's memory. */
const CONNECTION_BYTES = 32 * 1024
const WARNING_INTERVAL_MS = 60_000

/** What the process has, in files and in bytes. */
export interface ProcessLimits {
  /** Undefined if it is not known. */
  readonly openFiles: number | undefined
  readonly heap: number
}

/**
 * How many connections fit into the limits of the process: into half of the heap, and into all files but the
 * reserved ones, or half of the files if these are few. Without a file left, the server could neither fetch
 * keys nor connect to Redis.
 */
export function connectionLimit({ openFiles = Infinity, heap }: ProcessLimits): number {
  const byFiles = Math.max(openFiles - RESERVED_FILES, openFiles / 2)
  return Math.floor(Math.min(MAX_CONNECTIONS, byFiles, heap / 2 / CONNECTION_BYTES))
}

/** @param file where Linux has the limits of the process: Node has no function for them */
export function processLimits(file = '/proc/self/limits'): ProcessLimits {
  return { openFiles: openFileLimit(file), heap: getHeapStatistics().heap_size_limit }
}

/** The soft limit. */
function openFileLimit(file: string): number | undefined {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync(file, 'utf8')) ?? []
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}

/**
 * Closes connections beyond the limit at once, and says so in the log at most once a minute.
 *
 * @returns the limit
 */
export function limitConnections(
  server: Server,
  log: Pick<FastifyBaseLogger, 'warn'>,
  limits = processLimits(),
): number {
  const limit = connectionLimit(limits)
  server.maxConnections = cluster.isWorker ? Infinity : limit
  if (cluster.isWorker) closeBeyond(server, limit)
  const warn = atMostEvery(WARNING_INTERVAL_MS, () =>
    log.warn(
      { event: 'connections_dropped', limit, openFiles: limits.openFiles },
      'Too many connections: further ones are closed at once',
    ),
  )
  server.on('drop', warn)
  return limit
}

/**
 * As `maxConnections`, for a worker. With that, Node gives a connection beyond the limit back to the primary, which
 * offers it to the workers again and again until one has room. `dropMaxConnection` ends that since Node 22.12 only.
 */
function closeBeyond(server: Server, limit: number): void {
  let open = 0
  server.on('connection', (socket) => {
    open += 1
    socket.once('close', () => {
      open -= 1
    })
    if (open <= limit) return
    socket.destroy()
    server.emit('drop')
  })
}
