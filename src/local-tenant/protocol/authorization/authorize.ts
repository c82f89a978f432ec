import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Persona } from '../../directory/data.ts'
import type { Directory } from '../../directory/directory.ts'
import type { DirectoryFile } from '../../directory/directory-file.ts'
import { accept } from '../../directory/invitations.ts'
import { loginPage, sendPage, signupPage } from '../../pages/pages.ts'
import { OAuthError } from '../oauth-error.ts'
import { parametersOf, required } from '../parameters.ts'
import type { Grants } from '../tokens/grants.ts'
import {
  type AuthorizationRequest,
  readAuthorizationRequest,
  readReturnAddress,
} from './authorization-request.ts'
import { answer, fail } from './authorization-response.ts'
import { admit } from './membership.ts'
import type { Session, Sessions } from './sessions.ts'

export interface AuthorizeOptions {
  readonly grants: Grants
  readonly sessions: Sessions
  readonly directory: Directory
  readonly file: DirectoryFile
}

/** The authorization endpoint (RFC 6749 §3.1), and the login and signup that it leads to. */
export async function authorize(
  app: FastifyInstance,
  { grants, sessions, directory, file }: AuthorizeOptions,
): Promise<void> {
  const { personas, organizations } = directory

  /** Requests that wait for a person to log in, by an identifier that only the page knows. */
  const waiting = new Map<string, AuthorizationRequest>()

  app.get('/authorize', async (request, reply) => {
    const address = readReturnAddress(request.query, directory)
    try {
      const wanted = readAuthorizationRequest(request.query, address, directory)
      const session = sessions.of(request)
      const known = !wanted.prompt.includes('login') && !wanted.signup && mayUse(session, wanted)
      if (known) return succeed(reply, wanted, session)
      if (wanted.prompt.includes('none'))
        throw new OAuthError('login_required', 'Login is required.')
      const id = randomUUID()
      waiting.set(id, wanted)
      return sendPage(
        reply,
        wanted.signup ? signupPage(id, wanted) : loginPage(id, wanted, directory),
      )
    } catch (error) {
      if (error instanceof OAuthError) return fail(reply, address, error)
      throw error
    }
  })

  app.get('/login', async ({ query }, reply) => {
    const { id, wanted } = waitingRequest(query)
    return sendPage(reply, loginPage(id, wanted, directory))
  })

  app.post('/login', async (request, reply) => {
    const { id, wanted, parameters } = waitingRequest(request.body)
    const persona = personas.get(parameters['persona'])
    if (persona === undefined) throw new OAuthError('invalid_request', 'There is no such persona.')
    return logIn(request, reply, id, wanted, persona, parameters['organization'] || undefined)
  })

  app.get('/signup', async ({ query }, reply) => {
    const { id, wanted } = waitingRequest(query)
    return sendPage(reply, signupPage(id, wanted))
  })

  app.post('/signup', async (request, reply) => {
    const { id, wanted, parameters } = waitingRequest(request.body)
    const email = required(parameters, 'email')
    const persona = { ...newcomer(email), displayName: parameters['name'] || email }
    if (personas.find((other) => other.email === email)) {
      return sendPage(
        reply.code(409),
        signupPage(id, wanted, 'Somebody has this e-mail address already.'),
      )
    }
    personas.add(persona)
    return logIn(request, reply, id, wanted, persona, undefined)
  })

  function waitingRequest(given: unknown) {
    const parameters = parametersOf(given)
    const id = parameters['transaction'] ?? ''
    const wanted = waiting.get(id)
    if (wanted === undefined) {
      throw new OAuthError('invalid_request', 'This login is over. Begin again in the application.')
    }
    return { id, wanted, parameters }
  }

  async function logIn(
    request: FastifyRequest,
    reply: FastifyReply,
    id: string,
    wanted: AuthorizationRequest,
    persona: Persona,
    chosen: string | undefined,
  ): Promise<FastifyReply> {
    waiting.delete(id)
    const refusal = wanted.invitation && accept(directory, wanted.invitation, persona)
    if (wanted.invitation !== undefined) await file.save()
    if (refusal !== undefined) return fail(reply, wanted, refusal)
    const organization = wanted.organization ?? organizations.get(chosen)
    const denial = organization && admit(directory, persona, organization)
    if (denial !== undefined) return fail(reply, wanted, denial)
    return succeed(reply, wanted, sessions.begin(request, reply, persona, organization?.id))
  }

  function succeed(reply: FastifyReply, wanted: AuthorizationRequest, session: Session) {
    const organization = wanted.organization?.id ?? session.organization
    session.clients.add(wanted.client.id)
    const grant = {
      ...wanted,
      persona: session.persona,
      organization: organizations.get(organization),
      authTime: session.authTime,
      sid: session.sid,
      revoked: false,
    }
    const code = grants.createCode(grant, wanted.redirectUri, wanted.challenge)
    return answer(reply, wanted, { code })
  }
}

/** Whether a session serves a request without a new login. */
function mayUse(
  session: Session | undefined,
  { organization, invitation, maxAge = Number.POSITIVE_INFINITY }: AuthorizationRequest,
): session is Session {
  // Whoever is logged in may not be who was invited: the person says which account accepts.
  if (session === undefined || invitation !== undefined) return false
  // Of two times in whole seconds: a login of this second is too old for max_age=0 all the same.
  const age = Math.floor(Date.now() / 1000) - session.authTime
  if (age > maxAge || maxAge === 0) return false
  return organization === undefined || session.persona.organizations.includes(organization.id)
}

function newcomer(email: string): Persona {
  return { name: email, displayName: email, email, roles: [], organizations: [] }
}
