import { callbackify } from 'node:util'
import cookie from '@fastify/cookie'
import csrf from '@fastify/csrf-protection'
import fastifySession, { type FastifySessionOptions } from '@fastify/session'
import type { FastifyReply, Session } from 'fastify'
import fp from 'fastify-plugin'
import { PageError } from '../errors.ts'
import { PENDING_LIFETIME } from './pending-logins.ts'
import { keyOf, type SealedRecords } from './sealed-records.ts'
import type { Store } from './store.ts'

declare module 'fastify' {
  interface Session {
    /** What the logins that a browser begins are bound to; it never leaves the server. */
    visitor?: string
    /** The logins under way, the oldest first. */
    pending?: string[] | undefined
    /** The login that the browser stands for. */
    loginId?: string
  }
  interface FastifyInstance {
    /** Ends the browser's session and takes its cookie back. */
    endSession(reply: FastifyReply): Promise<void>
  }
}

export interface SessionOptions {
  readonly store: Store
  readonly records: SealedRecords
  readonly secrets: readonly string[]
  /** Whether browsers know this server by https. */
  readonly secure: boolean
  /** How long a session lasts without a request, in milliseconds. */
  readonly idleTimeout: number
}

/** The browser's session behind a signed cookie, and tokens against forged requests (CSRF). */
export const session = fp<SessionOptions>(async (app, options) => {
  const { secure, idleTimeout } = options
  const cookieName = secure ? '__Host-messages-session' : 'messages-session'
  const cookieOptions = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const

  app.addHook('onRequest', async ({ protocol }) => {
    // The cookie would silently not be sent, and each login would end in another.
    if (secure && protocol !== 'https') throw new PageError(400, 'protocol_insecure')
  })
  await app.register(cookie)
  await app.register(fastifySession, {
    secret: [...options.secrets],
    cookieName,
    cookie: { ...cookieOptions, maxAge: idleTimeout },
    store: sessionStore(options),
    saveUninitialized: false,
  })
  await app.register(csrf, { sessionPlugin: '@fastify/session' })

  app.decorate('endSession', async (reply) => {
    await reply.request.session.destroy()
    reply.clearCookie(cookieName, cookieOptions)
  })
})

/** Visitors and people who logged in are different kinds, which do not crowd each other out. */
const KINDS = ['session', 'visitor'] as const

/** What @fastify/session asks of a store. */
function sessionStore(options: SessionOptions): NonNullable<FastifySessionOptions['store']> {
  const { store, records, idleTimeout } = options
  return {
    set: callbackify(async (id: string, session: Session) => {
      const [kind, ttl] =
        session.loginId === undefined ? ['visitor', PENDING_LIFETIME] : ['session', idleTimeout]
      await records.put(kind as string, id, session, ttl as number)
    }),
    get: callbackify(async (id: string) => {
      for (const kind of KINDS) {
        const found = await records.find<Session>(kind, id)
        if (found !== undefined) return found
      }
      return null
    }),
    destroy: callbackify((id: string) => store.delete(KINDS.map((kind) => keyOf(kind, id)))),
  }
}
