import { randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Persona } from '../../directory/data.ts'

const COOKIE = 'local_tenant'

/** A browser in which a person is logged in at the tenant. */
export interface Session {
  readonly sid: string
  readonly persona: Persona
  /** The id of the organization that the person chose at login, if any. */
  readonly organization: string | undefined
  /** Seconds since the epoch. */
  readonly authTime: number
  /** The ids of the clients that the person logged in to. */
  readonly clients: Set<string>
}

export class Sessions {
  readonly #sessions = new Map<string, Session>()

  of({ cookies }: FastifyRequest): Session | undefined {
    return this.#sessions.get(cookies[COOKIE] ?? '')
  }

  list(): Session[] {
    return [...this.#sessions.values()]
  }

  /**
   * Begins a session under a new cookie, whatever the browser had before. The same person goes on
   * with the `sid` that clients know.
   */
  begin(
    request: FastifyRequest,
    reply: FastifyReply,
    persona: Persona,
    organization: string | undefined,
  ): Session {
    const before = this.end(request, reply)
    const { sid, clients } =
      before?.persona === persona
        ? before
        : { sid: randomBytes(16).toString('base64url'), clients: new Set<string>() }
    const authTime = Math.floor(Date.now() / 1000)
    const session = { sid, persona, organization, authTime, clients }
    const id = randomBytes(32).toString('base64url')
    this.#sessions.set(id, session)
    reply.setCookie(COOKIE, id, { path: '/', httpOnly: true, sameSite: 'lax' })
    return session
  }

  /** Ends the session of a browser. */
  end(request: FastifyRequest, reply: FastifyReply): Session | undefined {
    const session = this.of(request)
    this.#sessions.delete(request.cookies[COOKIE] ?? '')
    reply.clearCookie(COOKIE, { path: '/' })
    return session
  }

  /** Ends the sessions that a test holds for, from outside their browsers. */
  endWhere(test: (session: Session) => boolean): Session[] {
    const ended = [...this.#sessions].filter(([, session]) => test(session))
    for (const [id] of ended) this.#sessions.delete(id)
    return ended.map(([, session]) => session)
  }
}
