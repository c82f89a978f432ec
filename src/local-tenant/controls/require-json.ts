import type { FastifyRequest } from 'fastify'
import { OAuthError } from '../protocol/oauth-error.ts'

/**
 * Keeps the pages of other sites out: they cannot send JSON without asking first, and are told no.
 *
 * @throws OAuthError 415
 */
export async function onlyJson({ headers }: FastifyRequest): Promise<void> {
  if (headers['content-type'] !== 'application/json') {
    throw new OAuthError('invalid_request', 'Send JSON.', 415)
  }
}
