import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { decodeJwt } from 'jose'
import type { Directory } from '../../directory/directory.ts'
import { loggedOutPage, sendPage } from '../../pages/pages.ts'
import { OAuthError } from '../oauth-error.ts'
import { type Parameters, parametersOf } from '../parameters.ts'
import { isAllowed } from './authorization-request.ts'
import type { BackchannelLogout } from './backchannel-logout.ts'
import type { Sessions } from './sessions.ts'

export interface LogoutOptions {
  readonly sessions: Sessions
  readonly directory: Directory
  readonly backchannel: BackchannelLogout
}

/**
 * Logout, in the vendor's way (`/v2/logout`) and in the standard's (`/oidc/logout`, OpenID Connect
 * RP-Initiated Logout §2). It leads back only to where the client may be reached,
 * once all clients of the session were told.
 */
export async function logout(
  app: FastifyInstance,
  { sessions, directory, backchannel }: LogoutOptions,
): Promise<void> {
  app.get('/v2/logout', async (request, reply) => {
    const { client_id: id, returnTo } = parametersOf(request.query)
    return logOut(request, reply, id, returnTo)
  })

  app.get('/oidc/logout', async (request, reply) => {
    const parameters = parametersOf(request.query)
    const { post_logout_redirect_uri: uri, state } = parameters
    return logOut(request, reply, clientIdIn(parameters), uri, state)
  })

  async function logOut(
    request: FastifyRequest,
    reply: FastifyReply,
    clientId: string | undefined,
    returnTo: string | undefined,
    state?: string,
  ): Promise<FastifyReply> {
    const client = directory.clients.get(clientId)
    if (returnTo !== undefined && !(client && isAllowed(returnTo, client.logoutUris))) {
      throw new OAuthError('invalid_request', 'The client may not be reached at this address.')
    }
    const ended = sessions.end(request, reply)
    if (ended !== undefined) await backchannel.tell([ended])
    if (returnTo === undefined) return sendPage(reply, loggedOutPage())
    const url = new URL(returnTo)
    if (state !== undefined) url.searchParams.set('state', state)
    return reply.redirect(url.href, 303)
  }
}

/** The client, by its name or by the ID token it once got: who it was for is all that matters here. */
function clientIdIn({ client_id: id, id_token_hint: hint }: Parameters): string | undefined {
  if (id !== undefined || hint === undefined) return id
  try {
    return String(decodeJwt(hint).aud)
  } catch {
    throw new OAuthError('invalid_request', 'The id_token_hint is no ID token.')
  }
}
