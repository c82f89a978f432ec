import { callbackify } from 'node:util'
import cookie, { Signer } from '@fastify/cookie'
import fastifySession, { type FastifySessionOptions } from '@fastify/session'
import type { FastifyReply, Session } from 'fastify'
import fp from 'fastify-plugin'
import { PageError } from '../errors.ts'
import { type EncryptedRecords, storeKey } from './encrypted-records.ts'
import { PENDING_LOGIN_TTL_MS } from './pending-logins.ts'
import type { Store } from './store.ts'

declare module 'fastify' {
  interface Session {
    /** Random value that binds logins to the browser that started them. It stays on the server. */
    visitor?: string
    /** Record names of the pending logins, the oldest first. */
    pending?: string[] | undefined
    /** Where the login in this browser led. */
    completed?: { readonly state: string; readonly returnTo: string }
    /** The id of the login in this browser. */
    loginId?: string
  }
  interface FastifyInstance {
    /** Destroys the browser's session and deletes its cookie. */
    endSession(reply: FastifyReply): Promise<void>
  }
}

export interface SessionOptions {
  readonly store: Store
  readonly records: EncryptedRecords
  /** The newest first: it signs, and all of them verify. */
  readonly secrets: readonly string[]
  /** Whether browsers reach this server by https. */
  readonly secure: boolean
  readonly cookieName: string
  /** How long a session lasts without a request, in milliseconds. */
  readonly idleTimeoutMs: number
}

/** The browser's session, behind a signed cookie. */
export const session = fp<SessionOptions>(
  async (app, options) => {
    const { secure, cookieName, idleTimeoutMs } = options
    const cookieOptions = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const

    app.addHook('onRequest', async ({ protocol }) => {
      // Over http the browser would not store the cookie, and every login would start over.
      if (secure && protocol !== 'https') throw new PageError(400, 'protocol_insecure')
    })
    await app.register(cookie)
    const signer = new Signer([...options.secrets])
    app.addHook('onRequest', async ({ cookies }) => {
      // @fastify/session deletes a cookie that was signed with an older secret, instead of signing it
      // with the newest one: https://github.com/fastify/session/pull/118
      const { valid, renew, value } = signer.unsign(cookies[cookieName] ?? '')
      if (valid && renew) cookies[cookieName] = signer.sign(value)
    })
    await app.register(fastifySession, {
      secret: signer,
      cookieName,
      cookie: { ...cookieOptions, maxAge: idleTimeoutMs },
      store: sessionStore(options),
      saveUninitialized: false,
    })

    app.decorate('endSession', async (reply) => {
      await reply.request.session.destroy()
      reply.clearCookie(cookieName, cookieOptions)
    })
  },
  { name: 'session', dependencies: ['errors'] },
)

/** Sessions with and without a login are separate kinds: neither can evict the other from memory. */
const KINDS = ['session', 'visitor'] as const

/** The store interface of @fastify/session. */
function sessionStore(options: SessionOptions): NonNullable<FastifySessionOptions['store']> {
  const { store, records, idleTimeoutMs } = options
  return {
    set: callbackify((id: string, session: Session) =>
      session.loginId === undefined
        ? records.put('visitor', id, session, PENDING_LOGIN_TTL_MS)
        : records.put('session', id, session, idleTimeoutMs),
    ),
    get: callbackify(async (id: string) => {
      for (const kind of KINDS) {
        const found = await records.find<Session>(kind, id)
        if (found !== undefined) return found
      }
      return null
    }),
    destroy: callbackify((id: string) => store.delete(KINDS.map((kind) => storeKey(kind, id)))),
  }
}
