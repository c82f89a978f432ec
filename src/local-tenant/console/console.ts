import type { FastifyInstance } from 'fastify'
import { decodedOrEmpty } from '../../explain/advice.ts'
import { extractToken } from '../../explain/extract-token.ts'
import type { FaultType } from '../controls/faults.ts'
import type { Persona } from '../directory/records.ts'
import { errorPage, sendPage } from '../pages/tenant-page.ts'
import { OAuthError } from '../protocol/oauth-error.ts'
import { type Parameters, parseParameters, requireParameter } from '../protocol/parameters.ts'
import {
  createPersonaGrant,
  parseOrganization,
  requirePersona,
} from '../protocol/tokens/persona-grant.ts'
import type { SigningKeys } from '../protocol/tokens/signing-keys.ts'
import type { TokenIssuer } from '../protocol/tokens/token-issuer.ts'
import type { WrongTokens } from '../protocol/tokens/wrong-tokens.ts'
import { boundTokenForms } from './bound-token-forms.ts'
import { type ConsoleApi, decideRoute, NO_API, protectedRoutes, requireApi } from './console-api.ts'
import { explainPage } from './explain-page.ts'
import { homePage, type MatrixRow } from './home-page.ts'
import { type MembershipFormOptions, membershipForms } from './membership-forms.ts'
import { tokenPage } from './token-page.ts'

export interface ConsoleOptions extends MembershipFormOptions {
  readonly issuer: () => string
  readonly keys: SigningKeys
  readonly tokenIssuer: TokenIssuer
  readonly wrongTokens: WrongTokens
  /** The API that the console calls. Undefined until it runs. */
  readonly api: () => ConsoleApi | undefined
  /** The file of the tenant's data. */
  readonly dataFile: string
}

const CONFIRMATIONS: Readonly<Record<string, string>> = {
  rotate: 'The keys were rotated: the tenant signs with the next key now.',
  withdraw: 'Keys that signed before are no longer published.',
  down: 'The tenant is down for 10 seconds.',
  slow: 'The tenant delays each response by 3 seconds.',
  'rate-limit': 'The Management API responds with 429 for 10 seconds.',
  up: 'The tenant is back to normal.',
  invited: 'The invitation was created.',
  ended: 'The session has ended, and its clients were notified.',
}
const FAULT_SECONDS: Readonly<Record<FaultType, number>> = {
  down: 10,
  slow: 3,
  'rate-limit': 10,
  rotate: 0,
  withdraw: 0,
  up: 0,
}

/** The web pages for developers: test roles and tokens, and cause faults. */
export async function tenantConsole(app: FastifyInstance, options: ConsoleOptions): Promise<void> {
  const { issuer, keys, tokenIssuer, wrongTokens, directory, sessions } = options

  // Other sites can submit these forms too (CSRF).
  app.addHook('onRequest', async ({ method, headers }) => {
    if (method === 'POST' && headers.origin !== `${new URL(issuer()).protocol}//${headers.host}`) {
      const problem = 'Only pages of the local tenant may send this request.'
      throw new OAuthError('invalid_request', problem, 403)
    }
  })

  app.get('/', async ({ query }, reply) => {
    const api = options.api()
    if (api === undefined) return sendPage(reply, errorPage(NO_API))
    const { done = '' } = parseParameters(query)
    const routes = [...api.policies.keys()]
    const decideAllRoutes = async (persona?: Persona): Promise<MatrixRow> => {
      const grant = persona && createPersonaGrant(directory, persona)
      const token = grant && (await tokenIssuer.signAccessToken(grant))
      return {
        persona,
        responses: await Promise.all(routes.map((route) => decideRoute(api, route, token))),
      }
    }
    return sendPage(
      reply,
      homePage({
        issuer: issuer(),
        apiUrl: api.url,
        audience: api.audience,
        dataFile: options.dataFile,
        directory,
        sessions: sessions.list(),
        policies: api.policies,
        rows: await Promise.all([undefined, ...directory.personas].map(decideAllRoutes)),
        state: app.faults.state,
        keyIds: keys.publicJwks().keys.map(({ kid }) => String(kid)),
        confirmation: (Object.hasOwn(CONFIRMATIONS, done) && CONFIRMATIONS[done]) || '',
      }),
    )
  })

  app.post('/console/token', async ({ body }, reply) => {
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

  app.post('/console/explain', async ({ body }, reply) => {
    const api = requireApi(options.api)
    const parameters = parseParameters(body)
    const token = extractToken(requireParameter(parameters, 'token'))
    const route = requireParameter(parameters, 'route')
    if (!api.policies.has(route)) throw new OAuthError('invalid_request', 'Unknown route.')
    const explanation = api.explain(token, await decideRoute(api, route, token), route)
    return sendPage(reply, explainPage(explanation, route, protectedRoutes(api.policies)))
  })

  app.post('/console/faults', async ({ body }, reply) => {
    const fault = requireParameter(parseParameters(body), 'fault')
    if (!Object.hasOwn(FAULT_SECONDS, fault)) {
      throw new OAuthError('invalid_request', 'Unknown fault.')
    }
    const type = fault as FaultType
    await app.faults.inject(type, FAULT_SECONDS[type])
    return reply.redirect(`/?done=${type}`, 303)
  })

  await app.register(membershipForms, options)
  await app.register(boundTokenForms, options)
}

function parseFlaw({ flaw }: Parameters): 'expired' | 'wrong-audience' | 'other-key' | 'none' {
  return flaw === 'expired' || flaw === 'wrong-audience' || flaw === 'other-key' ? flaw : 'none'
}
