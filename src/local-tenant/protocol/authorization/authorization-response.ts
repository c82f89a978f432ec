import type { FastifyReply } from 'fastify'
import { formPostPage, webMessagePage } from '../../pages/response-pages.ts'
import { sendPage } from '../../pages/tenant-page.ts'
import type { OAuthError } from '../oauth-error.ts'
import type { ResponseTarget } from './authorization-request.ts'

/** Sends an error response to the client (RFC 6749 §4.1.2.1). */
export function sendAuthorizationError(
  reply: FastifyReply,
  target: ResponseTarget,
  { error, message }: OAuthError,
) {
  return sendAuthorizationResponse(reply, target, { error, error_description: message })
}

/** Sends a response to the client (RFC 6749 §4.1.2), as its response mode says. */
export function sendAuthorizationResponse(
  reply: FastifyReply,
  target: ResponseTarget,
  values: Record<string, string>,
) {
  const { redirectUri, state, mode, issuer } = target
  const response = { ...values, ...(state !== undefined && { state }), iss: issuer }
  if (mode === 'web_message') {
    return sendPage(reply, webMessagePage(response, new URL(redirectUri).origin))
  }
  if (mode === 'form_post') return sendPage(reply, formPostPage(response, redirectUri))
  const url = new URL(redirectUri)
  for (const [name, value] of Object.entries(response)) url.searchParams.set(name, value)
  return reply.header('cache-control', 'no-store').redirect(url.href, 303)
}
