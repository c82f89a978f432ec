import type { FastifyReply } from 'fastify'
import { sendPage, webMessagePage } from '../../pages/pages.ts'
import type { OAuthError } from '../oauth-error.ts'
import type { ReturnAddress } from './authorization-request.ts'

/** Tells the client that it does not get what it asked for (RFC 6749 §4.1.2.1). */
export function fail(reply: FastifyReply, address: ReturnAddress, { error, message }: OAuthError) {
  return answer(reply, address, { error, error_description: message })
}

/** Sends the answer to the client, and to nobody else (RFC 6749 §4.1.2). */
export function answer(
  reply: FastifyReply,
  address: ReturnAddress,
  values: Record<string, string>,
) {
  const { redirectUri, state, mode } = address
  const response = { ...values, ...(state !== undefined && { state }) }
  if (mode === 'web_message') {
    return sendPage(reply, webMessagePage(response, new URL(redirectUri).origin))
  }
  const url = new URL(redirectUri)
  for (const [name, value] of Object.entries(response)) url.searchParams.set(name, value)
  return reply.header('cache-control', 'no-store').redirect(url.href, 303)
}
