import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isEmailAddress } from '../../../utils/email-address.ts'
import type { Directory } from '../../directory/directory.ts'
import type { DirectoryFile } from '../../directory/directory-file.ts'
import { acceptInvitation } from '../../directory/invitations.ts'
import type { Persona } from '../../directory/records.ts'
import { loginPage } from '../../pages/login-page.ts'
import { signupPage } from '../../pages/signup-page.ts'
import { sendPage } from '../../pages/tenant-page.ts'
import { boundedMap } from '../bounded-map.ts'
import { OAuthError } from '../oauth-error.ts'
import { parseParameters } from '../parameters.ts'
import type { Grants } from '../tokens/grants.ts'
import {
  type AuthorizationRequest,
  parseAuthorizationRequest,
  parseResponseTarget,
} from './authorization-request.ts'
import { sendAuthorizationError, sendAuthorizationResponse } from './authorization-response.ts'
import { ensureMembership, missingOrganization, organizationChoice } from './membership.ts'
import { loginIsOver, secondFactor } from './second-factor.ts'
import type { Session, Sessions } from './sessions.ts'

/** How many logins wait, and for how long. */
const MAX_PENDING = 1000
const PENDING_LIFETIME_MS = 60 * 60 * 1000

export interface AuthorizeOptions {
  readonly issuer: () => string
  readonly grants: Grants
  readonly sessions: Sessions
  readonly directory: Directory
  readonly file: DirectoryFile
}

/** The authorization endpoint (RFC 6749 §3.1) with its login and signup pages. */
export async function authorize(
  app: FastifyInstance,
  { issuer, grants, sessions, directory, file }: AuthorizeOptions,
): Promise<void> {
  const { personas, organizations } = directory

  /** Requests that wait for a login, by a secret transaction id that only the login page has. */
  const pending = boundedMap<AuthorizationRequest>(MAX_PENDING, PENDING_LIFETIME_MS)

  const complete = secondFactor(app, { sessions, directory, sendCode })

  app.get('/authorize', async (request, reply) => {
    const target = parseResponseTarget(request.query, directory, issuer())
    try {
      const authorization = parseAuthorizationRequest(request.query, target, directory)
      const session = sessions.find(request)
      const mayReuseSession = !authorization.prompt.includes('login') && !authorization.signup
      if (mayReuseSession && isSufficient(session, authorization)) {
        return complete(reply, authorization, session)
      }
      if (authorization.prompt.includes('none')) {
        throw new OAuthError('login_required', 'Login is required.')
      }
      const transaction = randomUUID()
      pending.set(transaction, authorization)
      return sendPage(
        reply,
        authorization.signup
          ? signupPage(transaction, authorization)
          : loginPage(transaction, authorization, directory),
      )
    } catch (error) {
      if (error instanceof OAuthError) return sendAuthorizationError(reply, target, error)
      throw error
    }
  })

  app.get('/login', async ({ query }, reply) => {
    const { transaction, authorization } = pendingRequest(query)
    return sendPage(reply, loginPage(transaction, authorization, directory))
  })

  app.post('/login', async (request, reply) => {
    const login = pendingRequest(request.body)
    const persona = personas.get(login.parameters['persona'])
    if (persona === undefined) {
      const { transaction, authorization } = login
      const problem = 'There is no such persona any more. Choose another one.'
      const page = loginPage(transaction, authorization, directory, problem)
      return sendPage(reply.code(400), page)
    }
    const organization = login.parameters['organization'] || undefined
    return logIn(request, reply, login, persona, organization)
  })

  app.get('/signup', async ({ query }, reply) => {
    const { transaction, authorization } = pendingRequest(query)
    return sendPage(reply, signupPage(transaction, authorization))
  })

  app.post('/signup', async (request, reply) => {
    const login = pendingRequest(request.body)
    const { transaction, authorization, parameters } = login
    const { name, email = '' } = parameters
    const refuse = (status: number, problem: string) =>
      sendPage(reply.code(status), signupPage(transaction, authorization, { name, email, problem }))
    if (!isEmailAddress(email))
      return refuse(400, 'Enter an e-mail address, such as uma@example.com.')
    if (personas.find((other) => other.email === email)) {
      return refuse(409, 'There is already an account with this e-mail address.')
    }
    const displayName = name || email
    const persona = { name: email, displayName, email, roles: [], organizations: [] }
    return logIn(request, reply, login, personas.add(persona), undefined)
  })

  interface PendingLogin {
    readonly transaction: string
    readonly authorization: AuthorizationRequest
  }

  function pendingRequest(input: unknown) {
    const parameters = parseParameters(input)
    const transaction = parameters['transaction'] ?? ''
    const authorization = pending.get(transaction)
    if (authorization === undefined) throw loginIsOver()
    return { transaction, authorization, parameters }
  }

  async function logIn(
    request: FastifyRequest,
    reply: FastifyReply,
    { transaction, authorization }: PendingLogin,
    persona: Persona,
    chosenOrganization: string | undefined,
  ): Promise<FastifyReply> {
    pending.delete(transaction)
    const { invitation } = authorization
    const invitationError = invitation && acceptInvitation(directory, invitation, persona)
    if (invitation !== undefined) await file.save()
    if (invitationError) return sendAuthorizationError(reply, authorization, invitationError)
    const organization =
      authorization.organization ?? organizations.get(chosen(authorization, chosenOrganization))
    const membershipError =
      organization === undefined
        ? missingOrganization(authorization.client)
        : ensureMembership(directory, persona, organization)
    if (membershipError) return sendAuthorizationError(reply, authorization, membershipError)
    const session = sessions.begin(request, reply, persona, organization?.id)
    return complete(reply, authorization, session)
  }

  /** A denied persona has a session at the tenant all the same, as after a denial by an Action of Auth0. */
  function sendCode(
    reply: FastifyReply,
    authorization: AuthorizationRequest,
    session: Session,
    isChallenged: boolean,
  ) {
    const { denied } = session.persona
    if (denied !== undefined) {
      return sendAuthorizationError(reply, authorization, new OAuthError('access_denied', denied))
    }
    const organization =
      authorization.organization?.id ?? chosen(authorization, session.organization)
    session.clients.add(authorization.client.id)
    const grant = {
      ...authorization,
      persona: session.persona,
      organization: organizations.get(organization),
      authTime: session.authTime,
      acr: session.acr,
      isChallenged,
      sid: session.sid,
      revoked: false,
    }
    const code = grants.createCode(grant, authorization)
    return sendAuthorizationResponse(reply, authorization, { code })
  }
}

/** The organization that was chosen at login, if the client lets the user choose. */
function chosen({ client }: AuthorizationRequest, organization: string | undefined) {
  return organizationChoice(client) === 'none' ? undefined : organization
}

/** Whether a request can be answered without a new login. */
function isSufficient(
  session: Session | undefined,
  { client, organization, invitation, maxAge = Number.POSITIVE_INFINITY }: AuthorizationRequest,
): session is Session {
  // The invitation may be for another account, so the user has to choose one.
  if (session === undefined || invitation !== undefined) return false
  // Both times are in whole seconds, so a login in the same second has age 0. max_age=0 must
  // reject it all the same.
  const age = Math.floor(Date.now() / 1000) - session.authTime
  if (age > maxAge || maxAge === 0) return false
  if (organization !== undefined) return session.persona.organizations.includes(organization.id)
  return session.organization !== undefined || missingOrganization(client) === undefined
}
