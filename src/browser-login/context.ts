import type { FastifyBaseLogger } from 'fastify'
import type { BrowserLoginConfig } from '../config/browser-login.ts'
import type { ClientTokenExpectations, ClientTokenKey } from '../tokens/client-token.ts'
import type { VerificationKeys } from '../tokens/keys/remote-jwks.ts'
import { Logins } from './sessions/logins.ts'
import { MemoryStore } from './sessions/memory-store.ts'
import { PendingLogins } from './sessions/pending-logins.ts'
import { RedisStore } from './sessions/redis-store.ts'
import { Renewal } from './sessions/renewal.ts'
import { SealedRecords } from './sessions/sealed-records.ts'
import type { Store } from './sessions/store.ts'
import { Tenant } from './tenant/tenant.ts'

export interface BrowserOptions {
  readonly config: BrowserLoginConfig
  /** The tenant, with its slash. */
  readonly issuer: string
  /** The API that access tokens are for. */
  readonly audience: string
  /** Clock skew allowed, in seconds. */
  readonly clockTolerance: number
  /** The tenant's keys, RS256 ones among them. */
  readonly keys: VerificationKeys
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** What the pages stand on. */
export interface Room {
  readonly config: BrowserLoginConfig
  readonly audience: string
  readonly store: Store
  readonly records: SealedRecords
  readonly pendingLogins: PendingLogins
  readonly logins: Logins
  readonly renewal: Renewal
  readonly tenant: Tenant
  /** What ID tokens and logout tokens have to say. */
  readonly expected: ClientTokenExpectations
}

export function furnish(options: BrowserOptions, log: FastifyBaseLogger): Room {
  const { config, issuer, audience, clockTolerance, keys, now } = options
  const { clientId, clientSecret, idTokenAlgorithm, redisUrl, idleTimeout, maxAge } = config
  const store = redisUrl === undefined ? new MemoryStore(now) : new RedisStore(redisUrl, log)
  log.info({ event: 'session_store', store: store.name }, `Sessions are kept in ${store.name}`)
  const records = new SealedRecords(store, config.sessionSecrets)
  const logins = new Logins({ store, records, idleTimeout, maxAge, now })
  const tenant = new Tenant({
    issuer,
    clientId,
    clientSecret,
    idTokenAlgorithm,
    clockTolerance,
    now,
  })
  const key: ClientTokenKey =
    idTokenAlgorithm === 'HS256'
      ? { algorithm: 'HS256', secret: clientSecret }
      : { algorithm: 'RS256', keys }
  return {
    config,
    audience,
    store,
    records,
    pendingLogins: new PendingLogins(store, records),
    logins,
    renewal: new Renewal({ store, logins, tenant, now }),
    tenant,
    expected: { issuer, clientId, key, clockTolerance, now },
  }
}
