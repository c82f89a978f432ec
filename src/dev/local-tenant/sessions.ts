import { randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Persona } from './data.ts'

const COOKIE = 'local_tenant'

/** A browser in which a person is logged in at the tenant. */
export interface Session {
  readonly sid: string
  readonly persona: Persona
  /** The id of the organization that the person chose at login, if any. */
  readonly organization: string | undefined
  /** Seconds since the epoch. */
  readonly authTime: number
}

export class Sessions {
  readonly #sessions = new Map<string, Session>()

  of({ cookies }: FastifyRequest): Session | undefined {
    return this.#sessions.get(cookies[COOKIE] ?? '')
  }

  /** Begins a session under a new identifier, whatever the browser had before. */
  begin(reply: FastifyReply, persona: Persona, organization: string | undefined): Session {
    const id = randomBytes(32).toString('base64url')
    const sid = randomBytes(16).toString('base64url')
    const session = { sid, persona, organization, authTime: Math.floor(Date.now() / 1000) }
    this.#sessions.set(id, session)
    reply.setCookie(COOKIE, id, { path: '/', httpOnly: true, sameSite: 'lax' })
    return session
  }

  end(request: FastifyRequest, reply: FastifyReply): void {
    this.#sessions.delete(request.cookies[COOKIE] ?? '')
    reply.clearCookie(COOKIE, { path: '/' })
  }
}
