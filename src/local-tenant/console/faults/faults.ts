import type { FastifyInstance, FastifyReply } from 'fastify'
import type { FaultType } from '../../controls/faults.ts'
import { sendPage } from '../../pages/tenant-page.ts'
import { OAuthError } from '../../protocol/oauth-error.ts'
import { parseParameters, requireParameter } from '../../protocol/parameters.ts'
import { requireApi } from '../console-api.ts'
import type { ConsoleOptions } from '../console-options.ts'
import { leadBack } from '../notice.ts'
import { type Done, faultsView } from './faults-page.ts'

/** What each button does, in seconds. */
const SECONDS: Readonly<Record<FaultType, number>> = {
  down: 10,
  slow: 3,
  'rate-limit': 10,
  rotate: 0,
  withdraw: 0,
  up: 0,
}

/** The page of the signing keys and of faults on request. */
export async function faultsPage(
  app: FastifyInstance,
  { api, keys }: ConsoleOptions,
): Promise<void> {
  app.get('/console/faults', async ({ query }, reply) => {
    const { done } = parseParameters(query)
    const published = keys.publicJwks().keys.map(({ kid }) => String(kid))
    const view = { published, known: api()?.knownKeys(), active: app.faults.active, done }
    return sendPage(reply, faultsView(view))
  })

  app.post('/console/faults', async ({ body }, reply) => {
    const type = faultOf(requireParameter(parseParameters(body), 'fault'))
    await app.faults.inject(type, SECONDS[type])
    return showResult(reply, type)
  })

  app.post('/console/faults/end', async ({ body }, reply) => {
    await app.faults.inject(faultOf(requireParameter(parseParameters(body), 'fault')), 0)
    return showResult(reply, 'ended')
  })

  app.post('/console/faults/fetch', async (_request, reply) => {
    const isFetched = await requireApi(api).fetchKeys()
    return showResult(reply, isFetched ? 'fetched' : 'fetch-failed')
  })
}

/** The fragment keeps the message, and so the button that was used, in view. */
function showResult(reply: FastifyReply, done: Done): FastifyReply {
  return leadBack(reply, '/console/faults', done, 'done')
}

function faultOf(name: string): FaultType {
  if (Object.hasOwn(SECONDS, name)) return name as FaultType
  throw new OAuthError('invalid_request', 'Unknown fault.')
}
