import type { FastifyInstance } from 'fastify'
import type { FaultType } from '../../controls/faults.ts'
import { sendPage } from '../../pages/tenant-page.ts'
import { OAuthError } from '../../protocol/oauth-error.ts'
import { parseParameters, requireParameter } from '../../protocol/parameters.ts'
import type { ConsoleOptions } from '../console-options.ts'
import { faultsView } from './faults-page.ts'

const CONFIRMATIONS: Readonly<Record<string, string>> = {
  rotate: 'The keys were rotated: the tenant signs with the next key now.',
  withdraw: 'Keys that signed before are no longer published.',
  down: 'The tenant is down for 10 seconds.',
  slow: 'The tenant delays each response by 3 seconds.',
  'rate-limit': 'The Management API responds with 429 for 10 seconds.',
  up: 'The tenant is back to normal.',
}
const FAULT_SECONDS: Readonly<Record<FaultType, number>> = {
  down: 10,
  slow: 3,
  'rate-limit': 10,
  rotate: 0,
  withdraw: 0,
  up: 0,
}

/** The page of the signing keys and of faults on request. */
export async function faultsPage(app: FastifyInstance, { keys }: ConsoleOptions): Promise<void> {
  app.get('/console/faults', async ({ query }, reply) => {
    const { done = '' } = parseParameters(query)
    return sendPage(
      reply,
      faultsView({
        state: app.faults.state,
        keyIds: keys.publicJwks().keys.map(({ kid }) => String(kid)),
        confirmation: (Object.hasOwn(CONFIRMATIONS, done) && CONFIRMATIONS[done]) || '',
      }),
    )
  })

  app.post('/console/faults', async ({ body }, reply) => {
    const fault = requireParameter(parseParameters(body), 'fault')
    if (!Object.hasOwn(FAULT_SECONDS, fault)) {
      throw new OAuthError('invalid_request', 'Unknown fault.')
    }
    const type = fault as FaultType
    await app.faults.inject(type, FAULT_SECONDS[type])
    return reply.redirect(`/console/faults?done=${type}`, 303)
  })
}
