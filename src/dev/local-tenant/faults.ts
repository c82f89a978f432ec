import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { RateLimit } from './management/rate-limit.ts'
import { OAuthError } from './oauth-error.ts'
import { onlyJson } from './only-json.ts'
import type { SigningKeys } from './signing-keys.ts'

/** Where faults are asked for; it answers whatever the fault. */
const CONTROL = '/local-tenant/faults'

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
  readonly fault: 'rotate' | 'withdraw' | 'slow' | 'down' | 'rate-limit' | 'up'
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

  app.addHook('onRequest', async ({ url }) => {
    if (url === CONTROL) return
    if (Date.now() < downUntil) throw new OAuthError('temporarily_unavailable', 'Down.', 503)
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
  })

  app.post<{ Body: Body }>(
    CONTROL,
    { schema, onRequest: onlyJson },
    async ({ body: { fault, seconds, headers } }) => {
      if (fault === 'rotate') await keys.rotate()
      if (fault === 'withdraw') await keys.withdraw()
      if (fault === 'slow' || fault === 'up') delay = fault === 'slow' ? seconds * 1000 : 0
      if (fault === 'down' || fault === 'up')
        downUntil = fault === 'down' ? Date.now() + seconds * 1000 : 0
      if (fault === 'rate-limit') rateLimit.exceed(seconds, headers)
      if (fault === 'up') rateLimit.exceed(0, true)
      return { keys: keys.published().keys.map(({ kid }) => kid) }
    },
  )
})
