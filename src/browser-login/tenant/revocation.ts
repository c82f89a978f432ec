import type { FastifyBaseLogger } from 'fastify'
import { causesOf } from '../errors.ts'
import type { TenantClient, TokenSet } from './tenant-client.ts'

/**
 * Revokes the refresh token of a login that has ended. A failure is logged: it does not keep anyone
 * from logging out.
 */
export async function revokeRefreshToken(
  tenant: TenantClient,
  { refreshToken }: TokenSet,
  log: FastifyBaseLogger,
): Promise<void> {
  if (refreshToken === undefined) return
  try {
    await tenant.revoke(refreshToken)
  } catch (error) {
    const fields = { event: 'revocation_failed', causes: causesOf(error) }
    log.warn(fields, 'The refresh token was not revoked')
  }
}
