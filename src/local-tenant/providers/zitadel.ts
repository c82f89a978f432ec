import { randomUUID } from 'node:crypto'
import {
  type AccessTokenClaims,
  accessTokenHash,
  apiOf,
  type IdTokenClaims,
  type Provider,
  without,
} from './provider.ts'

const ROLES = 'urn:zitadel:iam:org:project:roles'
const ORGANIZATION = 'urn:zitadel:iam:user:resourceowner'

/** The organization that grants the roles of people without one. */
const INSTANCE = { id: 'org_local', name: 'local' }

/** Zitadel, for an application with the token type JWT. Roles of the project are permissions. */
export const zitadel: Provider = {
  issuerPath: '',
  endpoints: {
    authorization: '/oauth/v2/authorize',
    token: '/oauth/v2/token',
    revocation: '/oauth/v2/revoke',
    userinfo: '/oidc/v1/userinfo',
    endSession: '/oidc/v1/end_session',
    jwks: '/oauth/v2/keys',
  },
  tokenType: 'JWT',
  audience: 'api',
  audienceParameter: false,
  organization: 'id',
  federatedGrant: false,
  authenticationClaims: 'none',

  accessToken(claims) {
    const { permissions = [], org_id = INSTANCE.id, org_name = INSTANCE.name } = claims
    const roles = permissions.map((role) => [role, { [org_id]: `${org_name}.localhost` }])
    return {
      ...without(claims, 'scope', 'permissions', 'gty', 'org_id', 'org_name'),
      jti: randomUUID(),
      nbf: claims.iat,
      aud: [claims.azp, apiOf(claims)],
      client_id: claims.azp,
      ...(roles.length > 0 && { [ROLES]: Object.fromEntries(roles) }),
      ...organizationIn(claims),
    }
  },

  /** It names the project of the API as well as the client. */
  idToken(claims, { accessToken, api }) {
    const { nickname } = claims
    return {
      ...without(claims, 'nickname', 'org_id', 'org_name'),
      aud: api === undefined ? [claims.aud] : [claims.aud, api],
      client_id: claims.aud,
      at_hash: accessTokenHash(accessToken),
      ...(nickname !== undefined && { preferred_username: nickname }),
      ...organizationIn(claims),
    }
  },
}

function organizationIn({ org_id, org_name }: AccessTokenClaims | IdTokenClaims) {
  return org_id && { [`${ORGANIZATION}:id`]: org_id, [`${ORGANIZATION}:name`]: org_name }
}
