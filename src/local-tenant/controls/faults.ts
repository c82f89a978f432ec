import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { ManagementRateLimit } from '../management-api/management-rate-limit.ts'
import { OAuthError } from '../protocol/oauth-error.ts'
import type { SigningKeys } from '../protocol/tokens/signing-keys.ts'
import { requireJson } from './require-json.ts'

declare module 'fastify' {
  interface FastifyInstance {
    faults: FaultInjector
  }
}

export interface FaultInjector {
  /**
   * @param seconds the duration of `down` and `rate-limit`, and the delay of `slow`
   * @param rateLimitHeaders whether 429 responses have the headers `x-ratelimit-*`
   */
  inject(type: FaultType, seconds: number, rateLimitHeaders?: boolean): Promise<void>
  readonly state: 'up' | 'slow' | 'down'
  readonly active: ActiveFaults
}

/** The faults that last, with the delay of `slow` and the rest of the others, in seconds. */
export type ActiveFaults = Readonly<Partial<Record<'slow' | 'down' | 'rate-limit', number>>>

export type FaultType = 'rotate' | 'withdraw' | 'slow' | 'down' | 'rate-limit' | 'up'

/**
 * The paths that respond even if the tenant is down: this route, those that the commands call, and the console
 * with its style sheet.
 */
const ALWAYS_UP =
  /^\/(pages\.css|local-tenant\/(faults|environment|decisions|status|changes|reset)|console\/[\w/-]+)?(\?|$)/

const schema = {
  body: {
    type: 'object',
    required: ['fault'],
    properties: {
      fault: { enum: ['rotate', 'withdraw', 'slow', 'down', 'rate-limit', 'up'] },
      seconds: { type: 'number', minimum: 0, maximum: 3600, default: 10 },
      headers: { type: 'boolean', default: true },
    },
  },
} as const

interface Body {
  readonly fault: FaultType
  readonly seconds: number
  /** Whether 429 responses have the headers `x-ratelimit-*`. */
  readonly headers: boolean
}

export interface FaultOptions {
  readonly keys: SigningKeys
  readonly rateLimit: ManagementRateLimit
}

/** Makes the tenant fail on request, to test clients and the API against it. */
export const faults = fp(async (app: FastifyInstance, { keys, rateLimit }: FaultOptions) => {
  let delayMs = 0
  let downUntil = 0

  app.decorate('faults', {
    async inject(type, seconds, rateLimitHeaders = true) {
      if (type === 'rotate') await keys.rotate()
      if (type === 'withdraw') await keys.withdraw()
      if (type === 'slow' || type === 'up') delayMs = type === 'slow' ? seconds * 1000 : 0
      if (type === 'down' || type === 'up') {
        downUntil = type === 'down' ? Date.now() + seconds * 1000 : 0
      }
      if (type === 'rate-limit') rateLimit.exceed(seconds, rateLimitHeaders)
      if (type === 'up') rateLimit.exceed(0, true)
    },
    get state() {
      if (Date.now() < downUntil) return 'down'
      return delayMs > 0 ? 'slow' : 'up'
    },
    get active() {
      const downFor = Math.ceil((downUntil - Date.now()) / 1000)
      return {
        ...(delayMs > 0 && { slow: delayMs / 1000 }),
        ...(downFor > 0 && { down: downFor }),
        ...(rateLimit.secondsLeft > 0 && { 'rate-limit': rateLimit.secondsLeft }),
      }
    },
  })

  const keyIds = () => keys.publicJwks().keys.map(({ kid }) => kid)

  app.addHook('onRequest', async ({ url }) => {
    if (ALWAYS_UP.test(url)) return
    if (app.faults.state === 'down') {
      throw new OAuthError('temporarily_unavailable', 'The local tenant is down on request.', 503)
    }
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
  })

  app.post<{ Body: Body }>(
    '/local-tenant/faults',
    { schema, onRequest: requireJson },
    async ({ body: { fault, seconds, headers } }) => {
      const before = { keys: keyIds(), faults: app.faults.active }
      await app.faults.inject(fault, seconds, headers)
      return { before, keys: keyIds(), faults: app.faults.active }
    },
  )
})
