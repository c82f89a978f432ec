import { randomUUID } from 'node:crypto'
import { accessTokenHash, apiOf, isOfClient, type Provider, without } from './provider.ts'

const SERVER = '/oauth2/default'

/** A custom authorization server of Okta, which grants the permissions of a person as scopes. */
export const okta: Provider = {
  issuerPath: SERVER,
  endpoints: {
    authorization: `${SERVER}/v1/authorize`,
    token: `${SERVER}/v1/token`,
    revocation: `${SERVER}/v1/revoke`,
    userinfo: `${SERVER}/v1/userinfo`,
    endSession: `${SERVER}/v1/logout`,
    jwks: `${SERVER}/v1/keys`,
  },
  tokenType: undefined,
  audience: 'api',
  audienceParameter: false,
  organization: undefined,
  federatedGrant: false,
  authenticationClaims: 'standard',

  accessToken(claims) {
    const { sub: id, azp: client, scope, permissions = [] } = claims
    const scopes = scope.split(' ').filter((name) => name !== '')
    return {
      ...without(claims, 'azp', 'scope', 'permissions', 'gty', 'org_id', 'org_name'),
      ver: 1,
      jti: randomUUID(),
      aud: apiOf(claims),
      cid: client,
      scp: [...new Set([...scopes, ...permissions])],
      // The login name. The id of the person is in `uid`, and in `sub` of ID tokens.
      ...(isOfClient(claims) ? { sub: client } : { uid: id, sub: id.replace(/^.*\|/, '') }),
    }
  },

  idToken(claims, { accessToken }) {
    const { nickname } = claims
    return {
      ...without(claims, 'azp', 'nickname', 'org_id', 'org_name'),
      ver: 1,
      jti: randomUUID(),
      at_hash: accessTokenHash(accessToken),
      ...(nickname !== undefined && { preferred_username: nickname }),
    }
  },
}
