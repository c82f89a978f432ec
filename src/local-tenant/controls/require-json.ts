import type { FastifyRequest } from 'fastify'
import { OAuthError } from '../protocol/oauth-error.ts'

/**
 * Protects against CSRF: pages of other sites cannot send this content type without a CORS
 * preflight, which fails.
 *
 * @throws OAuthError 415
 */
export async function requireJson({ headers }: FastifyRequest): Promise<void> {
  if (headers['content-type'] !== 'application/json') {
    throw new OAuthError('invalid_request', 'Content-Type must be application/json.', 415)
  }
}
