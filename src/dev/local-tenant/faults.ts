import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { OAuthError } from './oauth-error.ts'
import type { SigningKeys } from './signing-keys.ts'

declare module 'fastify' {
  interface FastifyInstance {
    faults: Faults
  }
}

/** The tenant's misbehaviour. */
export interface Faults {
  /** @param seconds for how long, where it lasts */
  cause(fault: Fault, seconds: number): Promise<void>
  /** Whether the tenant answers as it should. */
  readonly state: 'up' | 'slow' | 'down'
}

export type Fault = 'rotate' | 'withdraw' | 'slow' | 'down' | 'up'

/** Where faults are asked for; it answers whatever the fault, as the console and the environment do. */
const CONTROL = '/local-tenant/faults'
const UNTOUCHED = /^\/(local-tenant\/(faults|environment)|console\/[a-z]+)?(\?|$)/

const schema = {
  body: {
    type: 'object',
    required: ['fault'],
    properties: {
      fault: { enum: ['rotate', 'withdraw', 'slow', 'down', 'up'] },
      seconds: { type: 'number', minimum: 0, maximum: 3600, default: 10 },
    },
  },
} as const

interface Body {
  readonly fault: Fault
  readonly seconds: number
}

/** Lets the tenant misbehave on request, so that clients and the API can be tried against it. */
export const faults = fp(async (app: FastifyInstance, { keys }: { keys: SigningKeys }) => {
  let delay = 0
  let downUntil = 0

  app.decorate('faults', {
    async cause(fault, seconds) {
      if (fault === 'rotate') await keys.rotate()
      if (fault === 'withdraw') await keys.withdraw()
      if (fault === 'slow' || fault === 'up') delay = fault === 'slow' ? seconds * 1000 : 0
      if (fault === 'down' || fault === 'up')
        downUntil = fault === 'down' ? Date.now() + seconds * 1000 : 0
    },
    get state() {
      if (Date.now() < downUntil) return 'down'
      return delay > 0 ? 'slow' : 'up'
    },
  })

  app.addHook('onRequest', async ({ url }) => {
    if (UNTOUCHED.test(url)) return
    if (app.faults.state === 'down') throw new OAuthError('temporarily_unavailable', 'Down.', 503)
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
  })

  /** Pages of other sites cannot send JSON without asking first, and are told no. */
  const onlyJson = async ({ headers }: FastifyRequest) => {
    if (headers['content-type'] !== 'application/json') {
      throw new OAuthError('invalid_request', 'Send JSON.', 415)
    }
  }

  app.post<{ Body: Body }>(
    CONTROL,
    { schema, onRequest: onlyJson },
    async ({ body: { fault, seconds } }) => {
      await app.faults.cause(fault, seconds)
      return { keys: keys.published().keys.map(({ kid }) => kid) }
    },
  )
})
