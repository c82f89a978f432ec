import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { KeyEvent, RemoteJwks } from '../tokens/keys/remote-jwks.ts'
import type { VerifiedTokenCache } from '../tokens/verified-token-cache.ts'
import type { Answer } from './logger.ts'

const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** What the server counts, in Prometheus' terms. All label values come from fixed sets. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #requests: Histogram<'route' | 'method' | 'status'>
  readonly #refusals: Counter<'code'>
  readonly #fetches: Histogram<'outcome'>

  constructor(keys: RemoteJwks, verified: VerifiedTokenCache) {
    const registers = [this.#registry]
    this.#requests = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Answered requests.',
      labelNames: ['route', 'method', 'status'],
      buckets: DURATIONS,
      registers,
    })
    this.#refusals = new Counter({
      name: 'refusals_total',
      help: 'Requests that were not let in, by the code that the log has too.',
      labelNames: ['code'],
      registers,
    })
    this.#fetches = new Histogram({
      name: 'key_fetch_duration_seconds',
      help: 'Fetches of the key set.',
      labelNames: ['outcome'],
      buckets: DURATIONS,
      registers,
    })
    const gauges: Record<string, [help: string, read: () => number]> = {
      key_set_age_seconds: [
        'Age of the key set; infinite before the first.',
        () => keys.age / 1000,
      ],
      keys_known: ['Keys in use.', () => keys.size],
      remembered_tokens: ['Tokens whose signature need not be checked again.', () => verified.size],
      remembered_token_hits: ['Requests whose token was remembered.', () => verified.hits],
      remembered_token_misses: ['Requests whose token was not.', () => verified.misses],
      remembered_token_evictions: ['Tokens forgotten for lack of room.', () => verified.evictions],
    }
    for (const [name, [help, read]] of Object.entries(gauges)) {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read())
        },
      })
    }
  }

  answered({ route, method, status, duration = 0, refusal }: Answer): void {
    const labels = { route: route ?? 'none', method: methodOf(method), status }
    this.#requests.observe(labels, duration / 1000)
    if (refusal !== undefined) this.#refusals.inc({ code: refusal })
  }

  keyEvent({ event, duration }: KeyEvent): void {
    const outcome = event === 'keys_fetched' ? 'success' : 'failure'
    this.#fetches.observe({ outcome }, duration / 1000)
  }

  /**
   * Answers `GET /metrics` on a port of its own, so that nothing of it shows on the public one, for
   * as long as the app is open.
   *
   * @param port undefined for not at all, 0 for one that the system chooses
   * @returns the port
   */
  async serve(
    app: FastifyInstance,
    [address]: readonly string[],
    port: number | undefined,
  ): Promise<number | undefined> {
    if (port === undefined) return undefined
    collectDefaultMetrics({ register: this.#registry })
    const server = createServer(async ({ url }, response) => {
      if (url !== '/metrics') return void response.writeHead(404).end()
      const text = await this.#registry.metrics()
      response.writeHead(200, { 'content-type': this.#registry.contentType }).end(text)
    })
    app.addHook('onClose', async () => {
      server.close()
      server.closeAllConnections()
    })
    server.listen(port, address)
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
}

function methodOf(method: string | null): string {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? method : 'other'
}
