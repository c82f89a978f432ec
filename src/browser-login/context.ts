import type { FastifyBaseLogger } from 'fastify'
import type { BrowserLoginConfig } from '../config/browser-login.ts'
import type { ClientTokenExpectations, ClientTokenKey } from '../tokens/client-token.ts'
import type { VerificationKeys } from '../tokens/keys/remote-jwks.ts'
import { LoginCounts } from './login-metrics.ts'
import { EncryptedRecords } from './sessions/encrypted-records.ts'
import { Logins } from './sessions/logins.ts'
import { MemoryStore } from './sessions/memory-store.ts'
import { PendingLogins } from './sessions/pending-logins.ts'
import { RedisStore } from './sessions/redis-store.ts'
import type { Store } from './sessions/store.ts'
import { TokenRenewal } from './sessions/token-renewal.ts'
import { revokeRefreshToken } from './tenant/revocation.ts'
import { TenantClient } from './tenant/tenant-client.ts'

export interface BrowserLoginOptions {
  readonly config: BrowserLoginConfig
  /** The issuer of the tenant, with its trailing slash. */
  readonly issuer: string
  /** The audience of access tokens: the API. */
  readonly audience: string
  /** Clock skew allowed, in seconds. */
  readonly clockTolerance: number
  /** GET routes that the profile page calls with the person's access token. */
  readonly profileRoutes: readonly string[]
  /** The tenant's keys, including those for RS256. */
  readonly keys: VerificationKeys
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** What the routes share. */
export interface LoginContext {
  readonly config: BrowserLoginConfig
  readonly audience: string
  readonly profileRoutes: readonly string[]
  readonly store: Store
  readonly records: EncryptedRecords
  readonly pendingLogins: PendingLogins
  readonly logins: Logins
  readonly renewal: TokenRenewal
  readonly tenant: TenantClient
  readonly counts: LoginCounts
  /** The expected values of ID tokens and logout tokens. */
  readonly tokenExpectations: ClientTokenExpectations
}

export function createLoginContext(
  options: BrowserLoginOptions,
  log: FastifyBaseLogger,
): LoginContext {
  const { config, issuer, audience, profileRoutes, clockTolerance, keys, now } = options
  const { clientId, clientSecrets, idTokenAlgorithm, redisUrl } = config
  const deployment = JSON.stringify([issuer, clientId, config.baseUrl])
  const store =
    redisUrl === undefined ? new MemoryStore(now) : new RedisStore(redisUrl, deployment, log)
  log.info({ event: 'session_store', store: store.name }, `Session store: ${store.name}`)
  const records = new EncryptedRecords(store, config.sessionSecrets, deployment)
  const tenant = new TenantClient({
    issuer,
    clientId,
    clientSecrets,
    idTokenAlgorithm,
    clockTolerance,
    now,
  })
  const logins = new Logins({
    store,
    records,
    idleTimeoutMs: config.idleTimeout,
    maxAgeMs: config.maxAge,
    // No request waits for it.
    onUnused: (tokens) => void revokeRefreshToken(tenant, tokens, log),
    now,
  })
  const key: ClientTokenKey =
    idTokenAlgorithm === 'HS256'
      ? { algorithm: 'HS256', secrets: clientSecrets }
      : { algorithm: 'RS256', keys }
  const tokenExpectations = { issuer, clientId, key, clockTolerance, now }
  return {
    config,
    audience,
    profileRoutes,
    store,
    records,
    pendingLogins: new PendingLogins(store, records),
    logins,
    renewal: new TokenRenewal({
      store,
      logins,
      tenant,
      tokenExpectations,
      onRejected: (code) =>
        log.warn({ event: 'renewal_rejected', code }, 'The ID token of a renewal was rejected'),
      now,
    }),
    tenant,
    counts: new LoginCounts(),
    tokenExpectations,
  }
}
