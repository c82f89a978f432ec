import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { KeySets } from '../tokens/issuers/key-sets.ts'
import type { KeyEvent, RemoteJwks } from '../tokens/keys/remote-jwks.ts'
import type { VerifiedTokenCache } from '../tokens/verified-token-cache.ts'

/** The metrics of issuers. The values of the label are the configured issuers. */
export class KeyMetrics {
  readonly #registry: Registry
  readonly #keySets: KeySets
  readonly #fetches: Histogram<'outcome' | 'issuer'>

  /** @param buckets of durations, in seconds */
  constructor(
    registry: Registry,
    keySets: KeySets,
    verified: VerifiedTokenCache,
    buckets: number[],
  ) {
    this.#registry = registry
    this.#keySets = keySets
    this.#fetches = new Histogram({
      name: 'key_fetch_duration_seconds',
      help: 'Duration of JWKS fetches.',
      labelNames: ['outcome', 'issuer'],
      buckets,
      registers: [registry],
    })
    this.#gauge(
      'key_set_age_seconds',
      'Age of the JWKS; infinite before the first fetch.',
      ({ age }) => age / 1000,
    )
    this.#gauge('keys_known', 'Number of signing keys in the JWKS cache.', ({ size }) => size)
    new Counter({
      name: 'tokens_verified_total',
      help: 'Tokens that were verified and were not in the cache.',
      labelNames: ['issuer'],
      registers: [registry],
      collect() {
        this.reset()
        for (const issuer of keySets.byIssuer.keys()) {
          this.inc({ issuer }, verified.verifiedOf.get(issuer) ?? 0)
        }
      },
    })
  }

  #gauge(name: string, help: string, read: (keys: RemoteJwks) => number): void {
    const keySets = this.#keySets
    new Gauge({
      name,
      help,
      labelNames: ['issuer'],
      registers: [this.#registry],
      collect() {
        for (const [issuer, keys] of keySets.byIssuer) this.set({ issuer }, read(keys))
      },
    })
  }

  keyEvent({ event, duration }: KeyEvent, issuer: string): void {
    const outcome = event === 'keys_fetched' ? 'success' : 'failure'
    this.#fetches.observe({ outcome, issuer }, duration / 1000)
  }
}
