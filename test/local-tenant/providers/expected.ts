import type { ProviderName } from '../../../src/config/issuer/providers.ts'
import { api } from '../../../src/local-tenant/directory/data.ts'

type Claims = Readonly<Record<string, unknown>>

/** What is special about a provider, as the tests expect it of the local tenant. */
export interface Expected {
  /** What follows the origin in the name of the issuer. */
  readonly issuerPath: string
  readonly jwksPath: string
  readonly tokenPath: string
  /** `typ` in the header of its tokens. */
  readonly typ: string | undefined
  /** Of an access token of the persona admin. */
  readonly access: Claims
  /** Claims that it does not have. */
  readonly absent: readonly string[]
  /** Of an ID token. */
  readonly id: Claims
  /** Why the ID token of a token response without a nonce is rejected. */
  readonly idTokenCode: string
  /** What the API says about the admin. */
  readonly principal: Claims
  /** Whether a token says for which organization it is. */
  readonly hasOrganization: boolean
}

const AUDIENCE = api.identifier
const PERMISSION = 'read:admin-messages'
const CLIENT = 'messages-spa'
const ID = 'local|admin'
const HASH = /^[\w-]{22}$/
const GUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/
const TENANT = '11111111-2222-4333-8444-555555555555'
const ROLES = 'urn:zitadel:iam:org:project:roles'
const OF_AUTH0 = ['permissions', 'org_id', 'gty']

export const EXPECTED: Readonly<Record<ProviderName, Expected>> = {
  auth0: {
    issuerPath: '/',
    jwksPath: '/.well-known/jwks.json',
    tokenPath: '/oauth/token',
    typ: 'JWT',
    access: { sub: ID, azp: CLIENT, permissions: [PERMISSION], scope: 'openid profile email' },
    absent: ['typ', 'jti', 'client_id'],
    id: { sub: ID, aud: CLIENT, azp: CLIENT, nickname: 'admin' },
    idTokenCode: 'audience_mismatch',
    principal: { subject: ID, client: CLIENT, permissions: [PERMISSION] },
    hasOrganization: true,
  },
  keycloak: {
    issuerPath: '/realms/local',
    jwksPath: '/realms/local/protocol/openid-connect/certs',
    tokenPath: '/realms/local/protocol/openid-connect/token',
    typ: 'JWT',
    access: {
      typ: 'Bearer',
      sub: ID,
      azp: CLIENT,
      aud: [AUDIENCE, 'account'],
      scope: 'openid profile email',
      realm_access: {
        roles: ['default-roles-local', 'offline_access', 'uma_authorization', PERMISSION],
      },
      resource_access: { account: { roles: ['manage-account', 'view-profile'] } },
    },
    absent: OF_AUTH0,
    id: { typ: 'ID', sub: ID, aud: CLIENT, preferred_username: 'admin', at_hash: HASH },
    idTokenCode: 'id_token',
    principal: { subject: ID, client: CLIENT, scopes: ['openid', 'profile', 'email'] },
    hasOrganization: true,
  },
  okta: {
    issuerPath: '/oauth2/default',
    jwksPath: '/oauth2/default/v1/keys',
    tokenPath: '/oauth2/default/v1/token',
    typ: undefined,
    access: {
      ver: 1,
      sub: 'admin',
      uid: ID,
      cid: CLIENT,
      aud: AUDIENCE,
      scp: ['openid', 'profile', 'email', PERMISSION],
    },
    absent: [...OF_AUTH0, 'scope', 'azp'],
    id: { ver: 1, sub: ID, aud: CLIENT, at_hash: HASH },
    idTokenCode: 'id_token',
    principal: {
      subject: 'admin',
      client: CLIENT,
      scopes: ['openid', 'profile', 'email', PERMISSION],
    },
    hasOrganization: false,
  },
  entra: {
    issuerPath: `/${TENANT}/v2.0`,
    jwksPath: `/${TENANT}/discovery/v2.0/keys`,
    tokenPath: `/${TENANT}/oauth2/v2.0/token`,
    typ: 'JWT',
    access: {
      ver: '2.0',
      tid: TENANT,
      oid: GUID,
      sub: /^[\w-]{43}$/,
      azp: CLIENT,
      aud: AUDIENCE,
      scp: 'access_as_user',
      roles: [PERMISSION],
    },
    absent: [...OF_AUTH0, 'scope'],
    id: {
      ver: '2.0',
      tid: TENANT,
      oid: GUID,
      aud: CLIENT,
      preferred_username: 'admin@example.com',
    },
    idTokenCode: 'audience_mismatch',
    principal: { subject: GUID, client: CLIENT, scopes: ['access_as_user'] },
    hasOrganization: false,
  },
  cognito: {
    issuerPath: '/local_1a2b3c4d5',
    jwksPath: '/local_1a2b3c4d5/.well-known/jwks.json',
    tokenPath: '/oauth2/token',
    typ: undefined,
    access: {
      token_use: 'access',
      sub: ID,
      client_id: CLIENT,
      scope: 'openid profile email',
      'cognito:groups': [PERMISSION],
    },
    absent: [...OF_AUTH0, 'aud', 'azp'],
    id: { token_use: 'id', sub: ID, aud: CLIENT, at_hash: HASH, 'cognito:username': ID },
    idTokenCode: 'id_token',
    principal: { subject: ID, client: CLIENT, scopes: ['openid', 'profile', 'email'] },
    hasOrganization: false,
  },
  zitadel: {
    issuerPath: '',
    jwksPath: '/oauth/v2/keys',
    tokenPath: '/oauth/v2/token',
    typ: 'JWT',
    access: {
      sub: ID,
      client_id: CLIENT,
      aud: [CLIENT, AUDIENCE],
      [ROLES]: { [PERMISSION]: { org_local: 'local.localhost' } },
    },
    absent: [...OF_AUTH0, 'scope'],
    id: { sub: ID, aud: [CLIENT, AUDIENCE], azp: CLIENT, at_hash: HASH },
    idTokenCode: 'id_token',
    principal: { subject: ID, client: CLIENT, scopes: [] },
    hasOrganization: true,
  },
}
