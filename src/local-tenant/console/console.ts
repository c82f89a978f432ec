import type { FastifyInstance } from 'fastify'
import { decodedOrEmpty } from '../../explain/advice.ts'
import { tokenIn } from '../../explain/token-in.ts'
import { isLoopback } from '../../tokens/issuer.ts'
import type { Fault } from '../controls/faults.ts'
import type { Persona } from '../directory/data.ts'
import { errorPage, sendPage } from '../pages/pages.ts'
import { OAuthError } from '../protocol/oauth-error.ts'
import { type Parameters, parametersOf, required } from '../protocol/parameters.ts'
import { personaGrant, personaNamed } from '../protocol/tokens/persona-grant.ts'
import type { SigningKeys } from '../protocol/tokens/signing-keys.ts'
import type { Flaw, Tokens } from '../protocol/tokens/tokens.ts'
import { type Api, callApi, guarded } from './api.ts'
import { explainPage } from './explain-page.ts'
import { homePage, type Row } from './home-page.ts'
import { type PeopleOptions, people } from './people.ts'
import { tokenPage } from './token-page.ts'

export interface ConsoleOptions extends PeopleOptions {
  readonly issuer: () => string
  readonly keys: SigningKeys
  readonly tokens: Tokens
  /** The API beside the tenant, once it runs. */
  readonly api: () => Api | undefined
}

const DONE: Readonly<Record<string, string>> = {
  rotate: 'The keys were rotated: the next one signs from now on.',
  withdraw: 'The keys that signed before are published no longer.',
  down: 'The tenant is down for 10 seconds.',
  slow: 'The tenant answers 3 seconds later.',
  'rate-limit': 'The Management API answers 429 for 10 seconds.',
  up: 'The tenant is back to normal.',
  invited: 'There is a new invitation.',
  ended: 'The session has ended, and its clients were told.',
}
const SECONDS: Readonly<Record<Fault, number>> = {
  down: 10,
  slow: 3,
  'rate-limit': 10,
  rotate: 0,
  withdraw: 0,
  up: 0,
}

/** The front page of the tenant: the place to test roles, and to see how a client copes. */
export async function tenantConsole(app: FastifyInstance, options: ConsoleOptions): Promise<void> {
  const { issuer, keys, tokens, directory, sessions } = options

  // What the pages do is for whoever sits at this machine. Other sites can send such forms, too, and
  // have a name of theirs stand for this address.
  app.addHook('onRequest', async ({ method, headers }) => {
    const here = `http://${headers.host}`
    const own = method === 'POST' ? headers.origin === here : true
    if (!own || !URL.canParse(here) || !isLoopback(new URL(here))) {
      throw new OAuthError('invalid_request', 'Only the pages of the tenant may ask for this.', 403)
    }
  })

  app.get('/', async ({ query }, reply) => {
    const api = options.api()
    if (api === undefined) return sendPage(reply, errorPage('No API runs beside this tenant.'))
    const { done = '' } = parametersOf(query)
    const routes = [...api.policies.keys()]
    const row = async (persona?: Persona): Promise<Row> => {
      const token = persona && (await tokens.accessToken(personaGrant(directory, persona)))
      return {
        persona,
        answers: await Promise.all(routes.map((route) => callApi(api, route, token))),
      }
    }
    return sendPage(
      reply,
      homePage({
        issuer: issuer(),
        apiUrl: api.url,
        audience: api.audience,
        directory,
        sessions: sessions.list(),
        policies: api.policies,
        rows: await Promise.all([undefined, ...directory.personas].map(row)),
        state: app.faults.state,
        keys: keys.published().keys.map(({ kid }) => String(kid)),
        done: (Object.hasOwn(DONE, done) && DONE[done]) || '',
      }),
    )
  })

  app.post('/console/token', async ({ body }, reply) => {
    const api = running()
    const parameters = parametersOf(body)
    const persona = personaNamed(directory, parameters['persona'])
    const organization = parameters['organization'] || undefined
    if (organization !== undefined && !persona.organizations.includes(organization)) {
      throw new OAuthError('invalid_request', 'The persona is no member there.')
    }
    const grant = personaGrant(directory, persona, organization)
    const flaw = flawIn(parameters)
    const token = await tokens.accessToken(grant, flaw)
    const answers = [...api.policies.keys()].map(
      async (route) => [route, await callApi(api, route, token)] as const,
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
        answers: new Map(await Promise.all(answers)),
      }),
    )
  })

  app.post('/console/explain', async ({ body }, reply) => {
    const api = running()
    const parameters = parametersOf(body)
    const token = tokenIn(required(parameters, 'token'))
    const route = required(parameters, 'route')
    if (!api.policies.has(route)) throw new OAuthError('invalid_request', 'There is no such route.')
    const explanation = api.explain(token, await callApi(api, route, token), route)
    return sendPage(reply, explainPage(explanation, route, guarded(api.policies)))
  })

  app.post('/console/faults', async ({ body }, reply) => {
    const fault = required(parametersOf(body), 'fault')
    if (!Object.hasOwn(SECONDS, fault)) throw new OAuthError('invalid_request', 'No such fault.')
    await app.faults.cause(fault as Fault, SECONDS[fault as Fault])
    return reply.redirect(`/?done=${fault}`, 303)
  })

  await app.register(people, options)

  function running(): Api {
    const api = options.api()
    if (api === undefined) throw new OAuthError('temporarily_unavailable', 'No API runs here.', 503)
    return api
  }
}

function flawIn({ flaw }: Parameters): Flaw | 'none' {
  return flaw === 'expired' || flaw === 'audience' || flaw === 'forged' ? flaw : 'none'
}
