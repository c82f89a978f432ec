import { randomUUID } from 'node:crypto'
import { isReachableUrl } from '../../client-urls.ts'
import type { Directory } from '../../directory/directory.ts'
import type { Client } from '../../directory/records.ts'
import { signForClient } from '../tokens/client-signature.ts'
import { subjectOf } from '../tokens/profile-claims.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'
import type { Session } from './sessions.ts'

const TIMEOUT_MS = 2000
const TOKEN_LIFETIME_SECONDS = 120
const MAX_DELIVERIES = 100

/** The result of sending a logout token to a client. */
export interface LogoutDelivery {
  readonly client: string
  readonly uri: string
  readonly sid: string
  /** The HTTP status, or the error if there was no response. */
  readonly outcome: number | string
}

/** Notifies clients when a session ends (OpenID Connect Back-Channel Logout 1.0 §2.5). */
export class BackchannelLogout {
  readonly #issuer: () => string
  readonly #keys: SigningKeys
  readonly #directory: Directory
  readonly #allowedHosts: readonly string[]
  readonly #deliveries: LogoutDelivery[] = []

  /** @param allowedHosts the hosts that it calls, beside this machine */
  constructor(
    issuer: () => string,
    keys: SigningKeys,
    directory: Directory,
    allowedHosts: readonly string[],
  ) {
    this.#allowedHosts = allowedHosts
    this.#issuer = issuer
    this.#keys = keys
    this.#directory = directory
  }

  /** The most recent deliveries, the latest last. */
  deliveries(): readonly LogoutDelivery[] {
    return this.#deliveries
  }

  /** Notifies all clients of these sessions in parallel. Failed deliveries are not retried. */
  async notify(sessions: readonly Session[]): Promise<LogoutDelivery[]> {
    const results = await Promise.all(
      sessions.flatMap((session) =>
        [...session.clients].map((id) => this.#deliver(session, this.#directory.clients.get(id))),
      ),
    )
    const deliveries = results.filter((result) => result !== undefined)
    this.#deliveries.push(...deliveries)
    this.#deliveries.splice(0, this.#deliveries.length - MAX_DELIVERIES)
    return deliveries
  }

  async #deliver(
    session: Session,
    client: Client | undefined,
  ): Promise<LogoutDelivery | undefined> {
    const uri = client?.backchannelLogoutUri
    if (client === undefined || uri === undefined) return undefined
    const { sid } = session
    if (!isReachableUrl(uri, this.#allowedHosts)) {
      return { client: client.id, uri, sid, outcome: 'not called: ALLOWED_HOSTS lacks its host' }
    }
    const body = new URLSearchParams({ logout_token: await this.#logoutToken(session, client) })
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      const response = await fetch(uri, { method: 'POST', body, signal, redirect: 'manual' })
      await response.body?.cancel()
      return { client: client.id, uri, sid, outcome: response.status }
    } catch (error) {
      return { client: client.id, uri, sid, outcome: String(error) }
    }
  }

  /** A logout token (§2.4), signed with the same algorithm as the client's ID tokens. */
  #logoutToken({ sid, persona }: Session, client: Client): Promise<string> {
    const iat = Math.floor(Date.now() / 1000)
    const claims = {
      iss: this.#issuer(),
      sub: subjectOf(persona),
      aud: client.id,
      iat,
      exp: iat + TOKEN_LIFETIME_SECONDS,
      jti: randomUUID(),
      sid,
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    }
    return signForClient(this.#keys, client, claims, 'logout+jwt')
  }
}
