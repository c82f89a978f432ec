import type { FastifyInstance } from 'fastify'
import { decodedOrEmpty } from '../../../explain/advice.ts'
import type { Directory } from '../../directory/directory.ts'
import { sendPage } from '../../pages/tenant-page.ts'
import { OAuthError } from '../../protocol/oauth-error.ts'
import { type Parameters, parseParameters, requireParameter } from '../../protocol/parameters.ts'
import type { TokenIssuer } from '../../protocol/tokens/token-issuer.ts'
import { type Attempt, BoundCaller } from '../bound-caller.ts'
import { type ConsoleApi, decideRoute, protectedRoutes, requireApi } from '../console-api.ts'
import { boundTokenPage } from './bound-token-page.ts'
import { grantOf } from './token-options.ts'

export interface BoundTokenFormOptions {
  readonly directory: Directory
  readonly tokenIssuer: TokenIssuer
  readonly api: () => ConsoleApi | undefined
}

/** What was sent, and the proof that a replay would repeat. */
interface Sent {
  readonly attempts: readonly Attempt[]
  readonly proof: string | undefined
}

/** The console's page for access tokens that are bound to a key of the console (DPoP). */
export async function boundTokenForms(
  app: FastifyInstance,
  { directory, tokenIssuer, api }: BoundTokenFormOptions,
): Promise<void> {
  const caller = new BoundCaller(tokenIssuer)

  app.post('/console/tokens/bound', async ({ body }, reply) => {
    const running = requireApi(api)
    const parameters = parseParameters(body)
    const routes = protectedRoutes(running.policies)
    const { action, token = await issue(parameters), route = String(routes[0]) } = parameters
    if (!routes.includes(route)) throw new OAuthError('invalid_request', 'Unknown route.')
    const { attempts, proof } = await send(running, action, route, token, parameters)
    const { claims } = decodedOrEmpty(token)
    return sendPage(reply, boundTokenPage({ token, claims, routes, route, attempts, proof }))
  })

  async function issue(parameters: Parameters): Promise<string> {
    const token = await caller.issue(grantOf(directory, parameters))
    if (token !== undefined) return token
    const problem = 'The API does not allow bound tokens: its proofOfPossession is null.'
    throw new OAuthError('invalid_request', problem)
  }

  async function send(
    running: ConsoleApi,
    action: string | undefined,
    route: string,
    token: string,
    parameters: Parameters,
  ): Promise<Sent> {
    const { proof } = parameters
    if (action === 'dpop') return caller.send(running, route, token)
    if (action === 'bearer') {
      const answer = await decideRoute(running, route, token)
      return { attempts: [{ sent: 'Bearer, without a proof', answer }], proof }
    }
    if (action !== 'replay') return { attempts: [], proof }
    const last = requireParameter(parameters, 'proof')
    const answer = await decideRoute(running, route, token, last)
    return { attempts: [{ sent: 'DPoP, with the last proof again', answer }], proof }
  }
}
