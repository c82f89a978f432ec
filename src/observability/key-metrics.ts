import { Histogram, type Registry } from 'prom-client'
import type { KeySets } from '../tokens/issuers/key-sets.ts'
import type { KeyEvent, RemoteJwks } from '../tokens/keys/remote-jwks.ts'
import type { TokenCacheState } from '../tokens/verified-token-cache.ts'
import { addCounters, addGauges } from './collected-metrics.ts'

const label = 'issuer'

/** The metrics of issuers. The values of the label are the configured issuers. */
export class KeyMetrics {
  readonly #fetches: Histogram<'outcome' | 'issuer'>

  /** @param buckets of durations, in seconds */
  constructor(
    registry: Registry,
    { byIssuer }: KeySets,
    { verifiedOf }: TokenCacheState,
    buckets: number[],
  ) {
    this.#fetches = new Histogram({
      name: 'key_fetch_duration_seconds',
      help: 'Duration of JWKS fetches.',
      labelNames: ['outcome', label],
      buckets,
      registers: [registry],
    })
    const read = (value: (keys: RemoteJwks) => number) => () =>
      [...byIssuer].map(([issuer, keys]) => [issuer, value(keys)] as const)
    addGauges(
      registry,
      {
        name: 'key_set_age_seconds',
        help: 'Age of the JWKS; infinite before the first fetch.',
        label,
        aggregator: 'max',
      },
      read(({ age }) => age / 1000),
    )
    addGauges(
      registry,
      {
        name: 'keys_known',
        help: 'Number of signing keys in the JWKS cache.',
        label,
        aggregator: 'min',
      },
      read(({ size }) => size),
    )
    addCounters(
      registry,
      {
        name: 'tokens_verified_total',
        help: 'Tokens that were verified and were not in the cache.',
        label,
      },
      () => {
        const issuers = new Set([...byIssuer.keys(), ...verifiedOf.keys()])
        return [...issuers].map((issuer) => [issuer, verifiedOf.get(issuer) ?? 0] as const)
      },
    )
  }

  keyEvent({ event, duration }: KeyEvent, issuer: string): void {
    const outcome = event === 'keys_fetched' ? 'success' : 'failure'
    this.#fetches.observe({ outcome, issuer }, duration / 1000)
  }
}
