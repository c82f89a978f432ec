import { hash } from 'node:crypto'
import { OPENID_SCOPES } from '../directory/resource-server.ts'
import { apiOf, isOfClient, type Provider, without } from './provider.ts'

const TENANT = '11111111-2222-4333-8444-555555555555'

/** The scope that an API of Entra begins with. */
const DEFAULT_SCOPE = 'access_as_user'

/** Tokens of version 2 of Microsoft Entra. Roles of the API are permissions. */
export const entra: Provider = {
  issuerPath: `/${TENANT}/v2.0`,
  endpoints: {
    authorization: `/${TENANT}/oauth2/v2.0/authorize`,
    token: `/${TENANT}/oauth2/v2.0/token`,
    revocation: undefined,
    userinfo: '/oidc/userinfo',
    endSession: `/${TENANT}/oauth2/v2.0/logout`,
    jwks: `/${TENANT}/discovery/v2.0/keys`,
  },
  tokenType: 'JWT',
  audience: 'api',
  audienceParameter: false,
  organization: undefined,
  federatedGrant: false,
  authenticationClaims: 'none',

  accessToken(claims) {
    const { permissions = [], scope } = claims
    const aud = apiOf(claims)
    const oid = objectId(claims.sub)
    const scopes = scope.split(' ').filter((name) => name !== '' && !OPENID_SCOPES.includes(name))
    return {
      ...without(claims, 'scope', 'permissions', 'gty', 'org_id', 'org_name'),
      ver: '2.0',
      aud,
      nbf: claims.iat,
      oid,
      tid: TENANT,
      ...(permissions.length > 0 && { roles: permissions }),
      ...(isOfClient(claims)
        ? { sub: oid, idtyp: 'app' }
        : { sub: pairwise(claims.sub, aud), scp: scopes.join(' ') || DEFAULT_SCOPE }),
    }
  },

  idToken(claims) {
    const { email } = claims
    return {
      ...without(claims, 'azp', 'nickname', 'org_id', 'org_name'),
      ver: '2.0',
      nbf: claims.iat,
      oid: objectId(claims.sub),
      tid: TENANT,
      ...(email !== undefined && { preferred_username: email }),
    }
  },

  publicKeys: (keys) => keys.map(({ alg: _alg, ...key }) => key),
}

/** The same in the tokens of all applications. */
function objectId(subject: string): string {
  const hex = hash('sha256', subject, 'hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
}

/** Another one for each application. */
function pairwise(subject: string, application: string): string {
  return hash('sha256', `${subject} ${application}`, 'base64url')
}
