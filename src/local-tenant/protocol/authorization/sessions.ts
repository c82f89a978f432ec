import { randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Persona } from '../../directory/records.ts'

/** A login at the tenant in one browser. */
export interface Session {
  readonly sid: string
  readonly persona: Persona
  /** The id of the organization that was chosen at login. */
  readonly organization: string | undefined
  /** Seconds since the epoch. */
  readonly authTime: number
  /** What the second factor gave; undefined before it. */
  acr: string | undefined
  /** The ids of the clients that use the session. */
  readonly clients: Set<string>
}

/** Sessions in memory, by the value of a cookie. Cookies ignore the port, so its name has it. */
export class Sessions {
  readonly #issuer: () => string
  readonly #sessions = new Map<string, Session>()

  constructor(issuer: () => string) {
    this.#issuer = issuer
  }

  get #cookieName(): string {
    return `local_tenant_${new URL(this.#issuer()).port}`
  }

  find({ cookies }: FastifyRequest): Session | undefined {
    return this.#sessions.get(cookies[this.#cookieName] ?? '')
  }

  list(): Session[] {
    return [...this.#sessions.values()]
  }

  /**
   * Begins a session with a new cookie and ends the one that the browser had. If it was of the same
   * persona, `sid` and clients stay the same.
   */
  begin(
    request: FastifyRequest,
    reply: FastifyReply,
    persona: Persona,
    organization: string | undefined,
  ): Session {
    const previous = this.end(request, reply)
    const { sid, clients } =
      previous?.persona === persona
        ? previous
        : { sid: randomBytes(16).toString('base64url'), clients: new Set<string>() }
    const authTime = Math.floor(Date.now() / 1000)
    const session = { sid, persona, organization, authTime, acr: undefined, clients }
    const id = randomBytes(32).toString('base64url')
    this.#sessions.set(id, session)
    // For browsers, an app with http is another site than a tenant with https.
    const secure = this.#issuer().startsWith('https:')
    const sameSite = secure ? 'none' : 'lax'
    reply.setCookie(this.#cookieName, id, { path: '/', httpOnly: true, secure, sameSite })
    return session
  }

  /** Ends the session of the requesting browser. */
  end(request: FastifyRequest, reply: FastifyReply): Session | undefined {
    const session = this.find(request)
    this.#sessions.delete(request.cookies[this.#cookieName] ?? '')
    reply.clearCookie(this.#cookieName, { path: '/' })
    return session
  }

  /** Ends all sessions that match, in any browser. */
  endWhere(predicate: (session: Session) => boolean): Session[] {
    const ended = [...this.#sessions].filter(([, session]) => predicate(session))
    for (const [id] of ended) this.#sessions.delete(id)
    return ended.map(([, session]) => session)
  }
}
