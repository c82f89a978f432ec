import type { FastifyError, FastifyInstance } from 'fastify'
import { consoleErrorPage, errorPage, sendPage } from './pages/tenant-page.ts'
import { OAuthError } from './protocol/oauth-error.ts'

/** Sends errors as a page for URLs that browsers show, otherwise as JSON (RFC 6749 §5.2). */
export function setErrorHandler(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | OAuthError, request, reply) => {
    const isPage = /^\/(authorize|login|second-factor|signup|v2\/logout|oidc\/logout)\b/.test(
      request.url,
    )
    const { status, code } = statusAndCode(error)
    const message = status === 500 ? 'The local tenant failed.' : error.message
    if (status === 401) reply.header('www-authenticate', 'Basic realm="local tenant"')
    reply.code(status)
    if (request.server.consoleFrame !== undefined) {
      return sendPage(reply, consoleErrorPage(message))
    }
    if (isPage) return sendPage(reply, errorPage(message))
    return reply.send({ error: code, error_description: message })
  })
}

function statusAndCode(error: FastifyError | OAuthError): { status: number; code: string } {
  if (error instanceof OAuthError) return { status: error.status, code: error.error }
  const { statusCode = 500 } = error
  return statusCode < 500
    ? { status: 400, code: 'invalid_request' }
    : { status: 500, code: 'server_error' }
}
