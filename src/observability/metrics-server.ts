import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { Registry } from 'prom-client'
import { isAllowedHost } from '../http/allowed-hosts.ts'
import { explainListenError } from '../lifecycle/listen.ts'

/** On the port of the metrics. */
const MAX_CONNECTIONS = 32

export interface MetricsServerOptions {
  /** 0 for any free port. */
  readonly metricsPort: number
  /** The host names that requests may have, beside those of this machine; undefined for any. */
  readonly allowedHosts: readonly string[] | undefined
  readonly log: Pick<Logger, 'error'>
}

/**
 * Serves `GET /metrics` on a separate port, so that metrics are never public.
 *
 * @param read what has the metrics, for each request
 * @throws Error if the port is in use
 */
export async function serveMetrics(
  read: () => Registry | Promise<Registry>,
  address: string | undefined,
  { metricsPort, allowedHosts, log }: MetricsServerOptions,
): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer(async ({ url = '', headers }, response) => {
    if (allowedHosts !== undefined && !isAllowedHost(String(headers.host), allowedHosts)) {
      return void response.writeHead(421).end()
    }
    const [path] = url.split('?', 1)
    if (path !== '/metrics') return void response.writeHead(404).end()
    const text = await Promise.resolve(read())
      .then((registry) => registry.metrics())
      .catch(reporter(log))
    if (text === undefined) response.writeHead(500).end()
    else response.writeHead(200, { 'content-type': Registry.PROMETHEUS_CONTENT_TYPE }).end(text)
  })
  server.maxConnections = MAX_CONNECTIONS
  server.listen(metricsPort, address)
  await once(server, 'listening').catch((error: unknown) => {
    throw explainListenError(error, metricsPort, 'METRICS_PORT')
  })
  return { server, port: (server.address() as AddressInfo).port }
}

/** Reports why metrics cannot be read. A bug in one of them must not end the process. */
export function reporter(log: Pick<Logger, 'error'>) {
  return (err: unknown): undefined => {
    log.error({ event: 'metrics_failed', err }, 'The metrics cannot be read')
  }
}
