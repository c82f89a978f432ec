import type { FastifyInstance } from 'fastify'
import { boundedFetch } from '../../../utils/bounded-fetch.ts'
import { sendPage } from '../../pages/tenant-page.ts'
import { OAuthError } from '../../protocol/oauth-error.ts'
import { type Parameters, parseParameters } from '../../protocol/parameters.ts'
import { bindingPolicy } from '../../protocol/tokens/binding.ts'
import { type ConsoleApi, decideRoute, requireApi } from '../console-api.ts'
import type { ConsoleOptions } from '../console-options.ts'
import { boundTokenForms } from './bound-token-forms.ts'
import { flawOf, grantOf, lifetimeOf, lifetimeProblem } from './token-options.ts'
import { type CallResult, newTokenPage, tokenPage } from './token-page.ts'

const ONLY_BOUND =
  'The tenant issues only bound tokens for this API (proofOfPossession). Choose “Bound to a key (DPoP)”.'
const BOUNDS = { timeoutMs: 5_000, maxBytes: 16 * 1024, cuts: true }

/** The page that makes access tokens of personas, also wrong ones. */
export async function tokens(app: FastifyInstance, options: ConsoleOptions): Promise<void> {
  const { directory, keys, tokenIssuer, wrongTokens } = options

  app.get('/console/tokens', async ({ query }, reply) =>
    sendPage(reply, newTokenPage(directory, parseParameters(query))),
  )

  app.post('/console/tokens', async ({ body }, reply) => {
    const api = requireApi(options.api)
    const parameters = parseParameters(body)
    const problem =
      lifetimeProblem(parameters) ?? (isOnlyBound(parameters) ? ONLY_BOUND : undefined)
    if (problem !== undefined) {
      return sendPage(reply.code(400), newTokenPage(directory, parameters, problem))
    }
    const token = parameters['token'] || (await issue(parameters))
    const responses = [...api.policies.keys()].map(
      async (route) => [route, await decideRoute(api, route, token)] as const,
    )
    return sendPage(
      reply,
      tokenPage({
        directory,
        parameters,
        token,
        apiUrl: api.url,
        responses: new Map(await Promise.all(responses)),
        call: await call(api, token, parameters),
      }),
    )
  })

  await app.register(boundTokenForms, options)

  /** Whether the form is for a valid token, which the API at the tenant requires to be bound. */
  function isOnlyBound(parameters: Parameters): boolean {
    if (parameters['token'] || flawOf(parameters) !== undefined) return false
    const { audience, client } = grantOf(directory, parameters)
    return bindingPolicy(directory.api(audience), client) === 'required'
  }

  async function issue(parameters: Parameters): Promise<string> {
    const grant = grantOf(directory, parameters)
    const flaw = flawOf(parameters)
    if (flaw !== undefined) return wrongTokens.create(flaw, grant)
    const claims = tokenIssuer.accessTokenClaims(grant)
    const { iat, exp } = claims
    return keys.sign({ ...claims, exp: iat + (lifetimeOf(parameters) ?? exp - iat) })
  }
}

/** Calls a route of the API with a token, as a client does. */
async function call(
  api: ConsoleApi,
  token: string,
  { call: route }: Parameters,
): Promise<CallResult | undefined> {
  if (route === undefined) return undefined
  if (!api.policies.has(route)) throw new OAuthError('invalid_request', 'Unknown route.')
  try {
    const headers = { authorization: `Bearer ${token}` }
    const response = await boundedFetch(`${api.url}${route}`, BOUNDS, { headers })
    return { route, status: response.status, body: await response.text() }
  } catch {
    return { route, status: 0, body: 'The API does not answer, or the token cannot be sent.' }
  }
}
