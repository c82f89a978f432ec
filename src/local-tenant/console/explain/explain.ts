import type { FastifyInstance } from 'fastify'
import { extractToken } from '../../../explain/extract-token.ts'
import { sendPage } from '../../pages/tenant-page.ts'
import { OAuthError } from '../../protocol/oauth-error.ts'
import { type Parameters, parseParameters, requireParameter } from '../../protocol/parameters.ts'
import { createPersonaGrant, requirePersona } from '../../protocol/tokens/persona-grant.ts'
import { decideRoute, protectedRoutes, requireApi } from '../console-api.ts'
import type { ConsoleOptions } from '../console-options.ts'
import { explainPage, pastePage, reasonsPage } from './explain-page.ts'

/** The page that explains why the API accepts or rejects a token. */
export async function explanations(
  app: FastifyInstance,
  { api, directory, tokenIssuer }: ConsoleOptions,
): Promise<void> {
  app.get('/console/explain', async (_request, reply) =>
    sendPage(reply, pastePage(protectedRoutes(requireApi(api).policies))),
  )

  app.get('/console/explain/reasons', async (_request, reply) => sendPage(reply, reasonsPage()))

  app.post('/console/explain', async ({ body }, reply) => {
    const running = requireApi(api)
    const { policies } = running
    const parameters = parseParameters(body)
    const token = await tokenOf(parameters)
    const route = requireParameter(parameters, 'route')
    if (!policies.has(route)) throw new OAuthError('invalid_request', 'Unknown route.')
    const explanation = running.explain(token, await decideRoute(running, route, token), route)
    const answers = protectedRoutes(policies).map(
      async (name) => [name, await decideRoute(running, name, token)] as const,
    )
    const page = { explanation, token, route, answers: new Map(await Promise.all(answers)) }
    return sendPage(reply, explainPage(page))
  })

  /** The one that was pasted, or a new one of a persona. */
  async function tokenOf(parameters: Parameters): Promise<string> {
    const { token, persona } = parameters
    if (persona === undefined || token) return extractToken(requireParameter(parameters, 'token'))
    const grant = createPersonaGrant(directory, requirePersona(directory, persona))
    return tokenIssuer.signAccessToken(grant)
  }
}
