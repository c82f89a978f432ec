import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { decodeJwt } from 'jose'
import type { Directory } from '../../directory/directory.ts'
import { loggedOutPage } from '../../pages/response-pages.ts'
import { sendPage } from '../../pages/tenant-page.ts'
import { OAuthError } from '../oauth-error.ts'
import { type Parameters, parseParameters } from '../parameters.ts'
import { isAllowedUri } from './authorization-request.ts'
import type { BackchannelLogout } from './backchannel-logout.ts'
import type { Sessions } from './sessions.ts'

export interface LogoutOptions {
  readonly sessions: Sessions
  readonly directory: Directory
  readonly backchannel: BackchannelLogout
}

/**
 * Auth0's logout (`/v2/logout`) and the standard one (`/oidc/logout`, OpenID Connect RP-Initiated
 * Logout §2). Both notify all clients of the session first, and redirect only to allowed URLs of
 * the client.
 */
export async function logout(
  app: FastifyInstance,
  { sessions, directory, backchannel }: LogoutOptions,
): Promise<void> {
  app.get('/v2/logout', async (request, reply) => {
    const { client_id: id, returnTo } = parseParameters(request.query)
    return logOut(request, reply, id, returnTo)
  })

  app.get('/oidc/logout', async (request, reply) => {
    const parameters = parseParameters(request.query)
    const { post_logout_redirect_uri: uri, state } = parameters
    return logOut(request, reply, clientIdOf(parameters), uri, state)
  })

  async function logOut(
    request: FastifyRequest,
    reply: FastifyReply,
    clientId: string | undefined,
    returnTo: string | undefined,
    state?: string,
  ): Promise<FastifyReply> {
    const client = directory.clients.get(clientId)
    if (returnTo !== undefined && !(client && isAllowedUri(returnTo, client.logoutUris))) {
      const problem = 'The logout redirect URL is not allowed for this client.'
      throw new OAuthError('invalid_request', problem)
    }
    const session = sessions.end(request, reply)
    if (session !== undefined) await backchannel.notify([session])
    if (returnTo === undefined) return sendPage(reply, loggedOutPage())
    const url = new URL(returnTo)
    if (state !== undefined) url.searchParams.set('state', state)
    return reply.redirect(url.href, 303)
  }
}

/**
 * The client, by its id or by the audience of an ID token. The token is not verified: it only selects
 * the client whose list of allowed URLs applies.
 */
function clientIdOf({ client_id: id, id_token_hint: hint }: Parameters): string | undefined {
  if (id !== undefined || hint === undefined) return id
  try {
    return String(decodeJwt(hint).aud)
  } catch {
    throw new OAuthError('invalid_request', 'The id_token_hint is not an ID token.')
  }
}
