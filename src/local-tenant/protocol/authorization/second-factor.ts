import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Directory } from '../../directory/directory.ts'
import { secondFactorPage } from '../../pages/second-factor-page.ts'
import { sendPage } from '../../pages/tenant-page.ts'
import { acrFor } from '../authentication-claims.ts'
import { boundedMap } from '../bounded-map.ts'
import { OAuthError } from '../oauth-error.ts'
import { parseParameters } from '../parameters.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import { sendAuthorizationError } from './authorization-response.ts'
import type { Session, Sessions } from './sessions.ts'

/** How many logins wait for the second factor, and for how long. */
const MAX_WAITING = 1000
const WAITING_LIFETIME_MS = 60 * 60 * 1000

/** Auth0's. Its SDK for browsers opens a popup for this very text. */
const FACTOR_REQUIRED = 'Multifactor authentication required'

interface WaitingLogin {
  readonly authorization: AuthorizationRequest
  readonly session: Session
  /** What the session has after the second factor. */
  readonly acr: string
}

export interface SecondFactorOptions {
  readonly sessions: Sessions
  readonly directory: Directory
  /** @param isChallenged whether the second factor was used for this very request */
  readonly sendCode: (
    reply: FastifyReply,
    authorization: AuthorizationRequest,
    session: Session,
    isChallenged: boolean,
  ) => FastifyReply
}

/**
 * The page of the second factor (RFC 9470 §4, OpenID Connect Core §3.1.2.1 `acr_values`).
 *
 * @returns what answers an authorization request whose user has logged in: with a code, or first with the page
 */
export function secondFactor(
  app: FastifyInstance,
  { sessions, directory, sendCode }: SecondFactorOptions,
) {
  const waiting = boundedMap<WaitingLogin>(MAX_WAITING, WAITING_LIFETIME_MS)

  app.post('/second-factor', async (request, reply) => {
    const { transaction = '', action } = parseParameters(request.body)
    const login = waiting.get(transaction)
    // The page is for the browser that has the session.
    if (login === undefined || sessions.find(request) !== login.session) throw loginIsOver()
    waiting.delete(transaction)
    const { authorization, session, acr } = login
    if (action !== 'use') {
      const error = new OAuthError('access_denied', 'The user refused the second factor.')
      return sendAuthorizationError(reply, authorization, error)
    }
    session.acr = acr
    return sendCode(reply, authorization, session, true)
  })

  return function complete(
    reply: FastifyReply,
    authorization: AuthorizationRequest,
    session: Session,
  ): FastifyReply {
    const acr = missingAcr(authorization, session, directory)
    if (acr === undefined) return sendCode(reply, authorization, session, false)
    if (acr instanceof OAuthError) return sendAuthorizationError(reply, authorization, acr)
    if (authorization.prompt.includes('none')) {
      const error = new OAuthError('login_required', FACTOR_REQUIRED)
      return sendAuthorizationError(reply, authorization, error)
    }
    const transaction = randomUUID()
    waiting.set(transaction, { authorization, session, acr })
    return sendPage(reply, secondFactorPage(transaction, authorization, session.persona))
  }
}

/** The error of a page that is used too late, or again. */
export function loginIsOver(): OAuthError {
  const problem = 'This login has expired or is already complete. Start again in the application.'
  return new OAuthError('invalid_request', problem)
}

/**
 * What the second factor has to give the session.
 *
 * @returns undefined if the session has it, or the login is denied anyway; an error if it cannot have it
 */
function missingAcr(
  { acrValues }: AuthorizationRequest,
  { acr, persona }: Session,
  directory: Directory,
): string | OAuthError | undefined {
  const isMet = acrValues.length === 0 || (acr !== undefined && acrValues.includes(acr))
  if (isMet || persona.denied !== undefined) return undefined
  return acrFor(persona, directory, acrValues)
}
