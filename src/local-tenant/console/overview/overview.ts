import type { FastifyInstance } from 'fastify'
import type { Persona } from '../../directory/records.ts'
import { sendPage } from '../../pages/tenant-page.ts'
import { createPersonaGrant } from '../../protocol/tokens/persona-grant.ts'
import { BoundCaller } from '../bound-caller.ts'
import { decideRoute, requireApi } from '../console-api.ts'
import type { ConsoleOptions } from '../console-options.ts'
import { type MatrixRow, overviewPage } from './overview-page.ts'

/** The page that shows what each persona may do. */
export async function overview(
  app: FastifyInstance,
  { issuer, tokenIssuer, directory, api }: ConsoleOptions,
): Promise<void> {
  const caller = new BoundCaller(tokenIssuer)

  app.get('/console/overview', async (_request, reply) => {
    const running = requireApi(api)
    const routes = [...running.policies.keys()]
    const decideAllRoutes = async (persona?: Persona): Promise<MatrixRow> => {
      if (persona === undefined) {
        return {
          persona,
          responses: await Promise.all(routes.map((route) => decideRoute(running, route))),
        }
      }
      const grant = createPersonaGrant(directory, persona)
      const token = await tokenIssuer.signAccessToken(grant)
      const bound = routes.some(running.requiresBoundToken) ? await caller.issue(grant) : undefined
      const responses = routes.map(async (route) => {
        if (bound === undefined || !running.requiresBoundToken(route))
          return decideRoute(running, route, token)
        const { answer } = await caller.send(running, route, bound)
        return answer
      })
      return { persona, responses: await Promise.all(responses) }
    }
    const rows = await Promise.all([undefined, ...directory.personas].map(decideAllRoutes))
    const { url: apiUrl, audience, policies } = running
    return sendPage(reply, overviewPage({ issuer: issuer(), apiUrl, audience, policies, rows }))
  })
}
