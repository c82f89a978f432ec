import type { Provider } from './provider.ts'

export const auth0: Provider = {
  issuerPath: '/',
  endpoints: {
    authorization: '/authorize',
    token: '/oauth/token',
    revocation: '/oauth/revoke',
    userinfo: '/userinfo',
    endSession: '/oidc/logout',
    jwks: '/.well-known/jwks.json',
  },
  tokenType: 'JWT',
  audience: 'api',
  audienceParameter: true,
  organization: 'id',
  federatedGrant: true,
  authenticationClaims: 'none',
  accessToken: (claims) => claims,
  idToken: (claims) => claims,
}
