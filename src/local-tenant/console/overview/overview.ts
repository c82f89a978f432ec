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
    const needsBound = routes.some(running.requiresBoundToken)
    const rowOf = async (persona?: Persona): Promise<MatrixRow> => {
      const grant = persona && createPersonaGrant(directory, persona)
      const token = grant && (await tokenIssuer.signAccessToken(grant))
      const bound = grant && needsBound ? await caller.issue(grant) : undefined
      const decide = async (route: string) =>
        bound !== undefined && running.requiresBoundToken(route)
          ? (await caller.send(running, route, bound)).answer
          : decideRoute(running, route, token)
      return { persona, responses: await Promise.all(routes.map(decide)) }
    }
    const rows = await Promise.all([undefined, ...directory.personas].map(rowOf))
    const { url: apiUrl, audience, policies } = running
    return sendPage(reply, overviewPage({ issuer: issuer(), apiUrl, audience, policies, rows }))
  })
}
