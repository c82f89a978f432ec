import type { FastifyInstance } from 'fastify'
import { decodedOrEmpty } from '../../../explain/advice.ts'
import { sendPage } from '../../pages/tenant-page.ts'
import { type Parameters, parseParameters } from '../../protocol/parameters.ts'
import {
  createPersonaGrant,
  parseOrganization,
  requirePersona,
} from '../../protocol/tokens/persona-grant.ts'
import { decideRoute, requireApi } from '../console-api.ts'
import type { ConsoleOptions } from '../console-options.ts'
import { boundTokenForms } from './bound-token-forms.ts'
import { newTokenPage, tokenPage } from './token-page.ts'

/** The page that makes access tokens of personas, also wrong ones. */
export async function tokens(app: FastifyInstance, options: ConsoleOptions): Promise<void> {
  const { directory, tokenIssuer, wrongTokens } = options

  app.get('/console/tokens', async (_request, reply) => sendPage(reply, newTokenPage(directory)))

  app.post('/console/tokens', async ({ body }, reply) => {
    const api = requireApi(options.api)
    const parameters = parseParameters(body)
    const persona = requirePersona(directory, parameters['persona'])
    const organization = parseOrganization(parameters, persona)
    const grant = createPersonaGrant(directory, persona, organization)
    const flaw = parseFlaw(parameters)
    const token = await (flaw === 'none'
      ? tokenIssuer.signAccessToken(grant)
      : wrongTokens.create(flaw, grant))
    const responses = [...api.policies.keys()].map(
      async (route) => [route, await decideRoute(api, route, token)] as const,
    )
    const { claims } = decodedOrEmpty(token)
    return sendPage(
      reply,
      tokenPage({
        persona,
        organization,
        flaw,
        token,
        claims,
        apiUrl: api.url,
        responses: new Map(await Promise.all(responses)),
      }),
    )
  })

  await app.register(boundTokenForms, options)
}

function parseFlaw({ flaw }: Parameters): 'expired' | 'wrong-audience' | 'other-key' | 'none' {
  return flaw === 'expired' || flaw === 'wrong-audience' || flaw === 'other-key' ? flaw : 'none'
}
