import { randomUUID } from 'node:crypto'
import type { Client } from '../../directory/data.ts'
import type { Directory } from '../../directory/directory.ts'
import { signFor } from '../tokens/client-signature.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'
import { subjectOf } from '../tokens/tokens.ts'
import type { Session } from './sessions.ts'

/** How long a client may take, in milliseconds. */
const TIMEOUT = 2000

/** How long a logout token is good, in seconds. */
const LIFETIME = 120

/** How many notices are remembered. */
const REMEMBERED = 100

/** How a client took the news that a session ended. */
export interface Notice {
  readonly client: string
  readonly uri: string
  readonly sid: string
  /** The status that it answered with, or why there is none. */
  readonly outcome: number | string
}

/** Tells clients that somebody logged out (OpenID Connect Back-Channel Logout 1.0 §2.5). */
export class BackchannelLogout {
  readonly #issuer: () => string
  readonly #keys: SigningKeys
  readonly #directory: Directory
  readonly #notices: Notice[] = []

  constructor(issuer: () => string, keys: SigningKeys, directory: Directory) {
    this.#issuer = issuer
    this.#keys = keys
    this.#directory = directory
  }

  /** What clients were told, the latest last. */
  notices(): readonly Notice[] {
    return this.#notices
  }

  /** Tells each client of these sessions, all at once; one that fails is noted, and no more. */
  async tell(sessions: readonly Session[]): Promise<Notice[]> {
    const notices = await Promise.all(
      sessions.flatMap((session) =>
        [...session.clients].map((id) => this.#tellOne(session, this.#directory.clients.get(id))),
      ),
    )
    const told = notices.filter((notice) => notice !== undefined)
    this.#notices.push(...told)
    this.#notices.splice(0, this.#notices.length - REMEMBERED)
    return told
  }

  async #tellOne(session: Session, client: Client | undefined): Promise<Notice | undefined> {
    const uri = client?.backchannelLogoutUri
    if (client === undefined || uri === undefined) return undefined
    const body = new URLSearchParams({ logout_token: await this.#logoutToken(session, client) })
    const { sid } = session
    try {
      const signal = AbortSignal.timeout(TIMEOUT)
      const response = await fetch(uri, { method: 'POST', body, signal, redirect: 'manual' })
      await response.body?.cancel()
      return { client: client.id, uri, sid, outcome: response.status }
    } catch (error) {
      return { client: client.id, uri, sid, outcome: String(error) }
    }
  }

  /** A logout token (§2.4), signed as the client's ID tokens are. */
  #logoutToken({ sid, persona }: Session, client: Client): Promise<string> {
    const iat = Math.floor(Date.now() / 1000)
    const claims = {
      iss: this.#issuer(),
      sub: subjectOf(persona),
      aud: client.id,
      iat,
      exp: iat + LIFETIME,
      jti: randomUUID(),
      sid,
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    }
    return signFor(this.#keys, client, claims, 'logout+jwt')
  }
}
