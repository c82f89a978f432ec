import { randomUUID } from 'node:crypto'
import { accessTokenHash, isOfClient, type Provider, without } from './provider.ts'

const POOL = '/local_1a2b3c4d5'

/** A user pool of Amazon Cognito. Groups are permissions, and access tokens name no API. */
export const cognito: Provider = {
  issuerPath: POOL,
  endpoints: {
    authorization: '/oauth2/authorize',
    token: '/oauth2/token',
    revocation: '/oauth2/revoke',
    userinfo: '/oauth2/userInfo',
    endSession: '/logout',
    jwks: `${POOL}/.well-known/jwks.json`,
  },
  tokenType: undefined,
  audience: 'client',
  audienceParameter: false,
  organization: undefined,
  federatedGrant: false,
  authenticationClaims: 'none',

  accessToken(claims) {
    const { azp: client, permissions = [] } = claims
    const ofPerson = {
      username: claims.sub,
      ...(permissions.length > 0 && { 'cognito:groups': permissions }),
    }
    return {
      ...without(claims, 'aud', 'azp', 'permissions', 'gty', 'org_id', 'org_name'),
      jti: randomUUID(),
      token_use: 'access',
      version: 2,
      client_id: client,
      ...(isOfClient(claims) ? { sub: client } : ofPerson),
    }
  },

  idToken(claims, { accessToken }) {
    return {
      ...without(claims, 'azp', 'nickname', 'org_id', 'org_name'),
      jti: randomUUID(),
      token_use: 'id',
      at_hash: accessTokenHash(accessToken),
      'cognito:username': claims.sub,
    }
  },
}
