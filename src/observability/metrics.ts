import type { FastifyInstance } from 'fastify'
import {
  Counter,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client'
import type { Service } from '../config/telemetry/service.ts'
import { addressesOf } from '../lifecycle/listen.ts'
import type { KeySets } from '../tokens/issuers/key-sets.ts'
import type { KeyEvent } from '../tokens/keys/remote-jwks.ts'
import type { TokenCacheState } from '../tokens/verified-token-cache.ts'
import { addCounter, addGauge } from './collected-metrics.ts'
import { addDpopMetrics } from './dpop-metrics.ts'
import { IntrospectionMetrics } from './introspection/introspection-metrics.ts'
import { KeyMetrics } from './key-metrics.ts'
import { reporter, serveMetrics } from './metrics-server.ts'
import { addProcessMetrics } from './process-metrics.ts'
import { addRedisMetrics } from './redis-metrics.ts'
import type { CompletedRequest } from './request-log.ts'
import { addServerMetrics } from './server-metrics.ts'

const DURATION_BUCKETS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

/**
 * The methods that are counted by name (RFC 9110 §9, RFC 5789, draft-ietf-httpbis-safe-method-w-body).
 * OpenTelemetry's HTTP conventions have the same set, and the same name for all others.
 */
const METHODS: ReadonlySet<string> = new Set([
  ...['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS'],
  ...['PATCH', 'POST', 'PUT', 'QUERY', 'TRACE'],
])
const OTHER_METHOD = '_OTHER'

/** The metrics of one process, as prom-client aggregates them. */
export type MetricsOfProcess = MetricObjectWithValues<MetricValue<string>>[]

/** Takes what reads the metrics of this process. It returns undefined, and logs why, if they cannot be read. */
export type ShareMetrics = (read: () => Promise<MetricsOfProcess | undefined>) => void

/** How many lines were dropped so far because they could not be written. */
export interface DroppedLines {
  readonly log: () => number
  /** Of the audit lines that have a destination of their own. */
  readonly audit: () => number
}

export interface MetricsServerOptions {
  /** Undefined if metrics are off, 0 for any free port. */
  readonly metricsPort: number | undefined
  /** A host name or an address. With several addresses, the first one counts. */
  readonly metricsHost: string
  /** The host names that requests may have, beside those of this machine; undefined for any. */
  readonly allowedHosts: readonly string[] | undefined
  readonly service: Service
  readonly droppedLines: DroppedLines
}

/** The Prometheus metrics of the server. All label values come from fixed sets. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #requests: Histogram<'route' | 'method' | 'status'>
  readonly #refusals: Counter<'code'>
  readonly #keys: KeyMetrics
  readonly introspection: IntrospectionMetrics

  constructor(keySets: KeySets, verified: TokenCacheState) {
    const registers = [this.#registry]
    this.#requests = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Duration of completed requests.',
      labelNames: ['route', 'method', 'status'],
      buckets: DURATION_BUCKETS_SECONDS,
      registers,
    })
    this.#refusals = new Counter({
      name: 'refusals_total',
      help: 'Rejected requests, by the code that is also in the log.',
      labelNames: ['code'],
      registers,
    })
    this.#keys = new KeyMetrics(this.#registry, keySets, verified, DURATION_BUCKETS_SECONDS)
    this.introspection = new IntrospectionMetrics(this.#registry, DURATION_BUCKETS_SECONDS)
    addGauge(
      this.#registry,
      {
        name: 'verified_token_cache_size',
        help: 'Number of tokens in the verified-token cache.',
        aggregator: 'sum',
      },
      () => verified.size,
    )
    this.#count(
      'verified_token_cache_hits_total',
      'Tokens found in the verified-token cache.',
      () => verified.hits,
    )
    this.#count(
      'verified_token_cache_misses_total',
      'Tokens not found in the verified-token cache.',
      () => verified.misses,
    )
    this.#count(
      'verified_token_cache_evictions_total',
      'Verified tokens evicted from the cache.',
      () => verified.evictions,
    )
  }

  #count(name: string, help: string, read: () => number): void {
    addCounter(this.#registry, { name, help }, read)
  }

  /** A request that could not be parsed has no duration: it is counted as a refusal alone. */
  requestCompleted({ route, method, status, duration, refusal }: CompletedRequest): void {
    if (duration !== undefined) {
      const labels = { route: route ?? 'none', method: methodLabel(method), status }
      this.#requests.observe(labels, duration / 1000)
    }
    if (refusal !== undefined) this.#refusals.inc({ code: refusal })
  }

  keyEvent(event: KeyEvent, issuer: string): void {
    this.#keys.keyEvent(event, issuer)
  }

  /**
   * Serves the metrics on their own port until the app is closed.
   *
   * @param share gets what reads the metrics, in place of a port
   * @returns the port, or undefined if there is none
   */
  async serve(
    app: FastifyInstance,
    { metricsPort, metricsHost, allowedHosts, service, droppedLines }: MetricsServerOptions,
    share?: ShareMetrics,
  ): Promise<number | undefined> {
    if (metricsPort === undefined) return undefined
    this.#count(
      'log_lines_dropped_total',
      'Log lines that were dropped because standard output could not be written.',
      droppedLines.log,
    )
    this.#count(
      'audit_lines_dropped_total',
      'Audit lines that were dropped because their destination could not be written.',
      droppedLines.audit,
    )
    addProcessMetrics(this.#registry)
    addServerMetrics(this.#registry, app, service)
    addRedisMetrics(this.#registry, app)
    addDpopMetrics(this.#registry, app)
    if (share !== undefined) {
      share(() => this.#registry.getMetricsAsJSON().catch(reporter(app.log)))
      return undefined
    }
    const [address] = await addressesOf(metricsHost, 'METRICS_HOST')
    const options = { metricsPort, allowedHosts, log: app.log }
    const { server, port } = await serveMetrics(() => this.#registry, address, options)
    app.addHook('onClose', async () => {
      server.close()
      server.closeAllConnections()
    })
    return port
  }
}

function methodLabel(method: string | null): string {
  return method !== null && METHODS.has(method) ? method : OTHER_METHOD
}
