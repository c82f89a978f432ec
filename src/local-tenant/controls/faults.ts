import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { RateLimit } from '../management-api/rate-limit.ts'
import { OAuthError } from '../protocol/oauth-error.ts'
import type { SigningKeys } from '../protocol/tokens/signing-keys.ts'
import { onlyJson } from './require-json.ts'

declare module 'fastify' {
  interface FastifyInstance {
    faults: Faults
  }
}

/** The tenant's misbehaviour. */
export interface Faults {
  /**
   * @param seconds for how long, where it lasts
   * @param headers whether an exceeded rate limit says when it ends
   */
  cause(fault: Fault, seconds: number, headers?: boolean): Promise<void>
  /** Whether the tenant answers as it should. */
  readonly state: 'up' | 'slow' | 'down'
}

export type Fault = 'rotate' | 'withdraw' | 'slow' | 'down' | 'rate-limit' | 'up'

/** Where faults are asked for; it answers whatever the fault, as the console and the environment do. */
const CONTROL = '/local-tenant/faults'
const UNTOUCHED = /^\/(local-tenant\/(faults|environment)|console\/[a-z]+)?(\?|$)/

const schema = {
  body: {
    type: 'object',
    required: ['fault'],
    properties: {
      fault: { enum: ['rotate', 'withdraw', 'slow', 'down', 'rate-limit', 'up'] },
      seconds: { type: 'number', minimum: 0, maximum: 3600, default: 10 },
      /** Whether an exceeded rate limit says when it ends. */
      headers: { type: 'boolean', default: true },
    },
  },
} as const

interface Body {
  readonly fault: Fault
  readonly seconds: number
  readonly headers: boolean
}

export interface FaultOptions {
  readonly keys: SigningKeys
  readonly rateLimit: RateLimit
}

/** Lets the tenant misbehave on request, so that clients and the API can be tried against it. */
export const faults = fp(async (app: FastifyInstance, { keys, rateLimit }: FaultOptions) => {
  let delay = 0
  let downUntil = 0

  app.decorate('faults', {
    async cause(fault, seconds, headers = true) {
      if (fault === 'rotate') await keys.rotate()
      if (fault === 'withdraw') await keys.withdraw()
      if (fault === 'slow' || fault === 'up') delay = fault === 'slow' ? seconds * 1000 : 0
      if (fault === 'down' || fault === 'up')
        downUntil = fault === 'down' ? Date.now() + seconds * 1000 : 0
      if (fault === 'rate-limit') rateLimit.exceed(seconds, headers)
      if (fault === 'up') rateLimit.exceed(0, true)
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

  app.post<{ Body: Body }>(
    CONTROL,
    { schema, onRequest: onlyJson },
    async ({ body: { fault, seconds, headers } }) => {
      await app.faults.cause(fault, seconds, headers)
      return { keys: keys.published().keys.map(({ kid }) => kid) }
    },
  )
})
