import { randomUUID } from 'node:crypto'
import type { JWK } from 'jose'
import { accessTokenHash, apiOf, type Provider, without } from './provider.ts'

const REALM = '/realms/local'
const PROTOCOL = `${REALM}/protocol/openid-connect`

/** The roles that everybody in a realm has. */
const DEFAULT_ROLES = ['default-roles-local', 'offline_access', 'uma_authorization']

/** Keycloak 26, with an audience mapper for the API and the client scopes `basic` and `organization`. */
export const keycloak: Provider = {
  issuerPath: REALM,
  endpoints: {
    authorization: `${PROTOCOL}/auth`,
    token: `${PROTOCOL}/token`,
    revocation: `${PROTOCOL}/revoke`,
    userinfo: `${PROTOCOL}/userinfo`,
    endSession: `${PROTOCOL}/logout`,
    jwks: `${PROTOCOL}/certs`,
  },
  tokenType: 'JWT',
  audience: 'api',
  audienceParameter: false,
  organization: 'name',
  federatedGrant: false,
  authenticationClaims: 'standard',

  accessToken(claims) {
    const { permissions = [], org_name: organization } = claims
    return {
      resource_access: { account: { roles: ['manage-account', 'view-profile'] } },
      ...without(claims, 'permissions', 'gty', 'org_id', 'org_name'),
      jti: randomUUID(),
      typ: 'Bearer',
      aud: [apiOf(claims), 'account'],
      realm_access: { roles: [...DEFAULT_ROLES, ...permissions] },
      ...(organization !== undefined && { organization: [organization] }),
    }
  },

  idToken(claims, { accessToken }) {
    const { org_name: organization, nickname } = claims
    return {
      ...without(claims, 'nickname', 'org_id', 'org_name'),
      jti: randomUUID(),
      typ: 'ID',
      at_hash: accessTokenHash(accessToken),
      ...(nickname !== undefined && { preferred_username: nickname }),
      ...(organization !== undefined && { organization: [organization] }),
    }
  },

  /** With one for encryption, which APIs have to skip. */
  publicKeys: (keys) => [
    ...keys,
    ...keys
      .slice(0, 1)
      .map((key): JWK => ({ ...key, kid: `${key.kid}-enc`, use: 'enc', alg: 'RSA-OAEP' })),
  ],
}
