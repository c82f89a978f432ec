import { generateKeyPairSync } from 'node:crypto'
import { exportJWK, type JWTPayload, SignJWT } from 'jose'

/** The audience of the tokens. */
export const AUDIENCE = 'https://api.test'

/** A key of a tenant: its key set, and access tokens that are signed with it. */
export async function createSigner() {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const keySet = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k', alg: 'RS256' }] }
  return {
    /** As the tenant publishes it. */
    jwks: JSON.stringify(keySet),
    /** @param origin of the tenant */
    sign: (origin: string, claims: JWTPayload = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'k' })
        .setIssuer(`${origin}/`)
        .setAudience(AUDIENCE)
        .setSubject('auth0|1')
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(keys.privateKey),
  }
}
