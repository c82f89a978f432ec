import type { FastifyInstance } from 'fastify'
import type { Persona } from '../../directory/records.ts'
import { sendPage } from '../../pages/tenant-page.ts'
import { createPersonaGrant } from '../../protocol/tokens/persona-grant.ts'
import { decideRoute, requireApi } from '../console-api.ts'
import type { ConsoleOptions } from '../console-options.ts'
import { type MatrixRow, overviewPage } from './overview-page.ts'

/** The page that shows what each persona may do. */
export async function overview(
  app: FastifyInstance,
  { issuer, tokenIssuer, directory, api }: ConsoleOptions,
): Promise<void> {
  app.get('/console/overview', async (_request, reply) => {
    const running = requireApi(api)
    const routes = [...running.policies.keys()]
    const decideAllRoutes = async (persona?: Persona): Promise<MatrixRow> => {
      const grant = persona && createPersonaGrant(directory, persona)
      const token = grant && (await tokenIssuer.signAccessToken(grant))
      const responses = routes.map((route) => decideRoute(running, route, token))
      return { persona, responses: await Promise.all(responses) }
    }
    const rows = await Promise.all([undefined, ...directory.personas].map(decideAllRoutes))
    const { url: apiUrl, audience, policies } = running
    return sendPage(reply, overviewPage({ issuer: issuer(), apiUrl, audience, policies, rows }))
  })
}
