import { PROVIDER_NAMES } from './providers.ts'

/** The variables for an issuer that is not Auth0. They have the form of the properties in `schema.ts`. */
export const issuerProperties = {
  ISSUER: {
    type: 'string',
    format: 'issuer',
    description:
      'the exact name of the issuer in its tokens (iss), such as https://keycloak.example.com/realms/main, in place of AUTH0_DOMAIN',
  },
  JWKS_URI: {
    type: 'string',
    format: 'jwksUri',
    description: 'the https URL of the key set of ISSUER, if its metadata does not name it',
  },
  INTROSPECTION_URL: {
    type: 'string',
    format: 'introspectionUrl',
    description:
      'the https URL of the introspection endpoint of ISSUER, such as https://issuer.example.com/introspect, to which all tokens go',
  },
  INTROSPECTION_CLIENT_ID: {
    type: 'string',
    description: 'the id of the client as which this server introspects tokens',
  },
  INTROSPECTION_CLIENT_SECRET: {
    type: 'string',
    writeOnly: true,
    description: 'the secret of this client',
  },
  INTROSPECTION_MAX_AGE: {
    type: 'integer',
    minimum: 0,
    maximum: 3_600,
    default: 60,
    description:
      'a number of seconds from 0 to 3600, for which a revoked token is accepted at most',
  },
  AUDIENCE: {
    type: 'string',
    format: 'audiences',
    description: 'the same as AUTH0_AUDIENCE',
  },
  PROVIDER: {
    type: 'string',
    enum: PROVIDER_NAMES,
    description: `one of ${PROVIDER_NAMES.join(', ')}`,
  },
  PERMISSIONS_CLAIM: {
    type: 'string',
    format: 'claims',
    default: 'permissions',
    description:
      'names of claims or JSON Pointers, comma-separated, such as permissions,scope or /realm_access/roles',
  },
  ORGANIZATION_CLAIM: {
    type: 'string',
    format: 'claim',
    default: 'org_id',
    description: 'the name of a claim or a JSON Pointer, such as org_id',
  },
  SUBJECT_CLAIM: {
    type: 'string',
    format: 'claim',
    default: 'sub',
    description: 'the name of a claim or a JSON Pointer, such as sub',
  },
  AUDIENCE_CLAIM: {
    type: 'string',
    format: 'claim',
    default: 'aud',
    description: 'the name of a claim or a JSON Pointer, such as aud',
  },
  SCOPE_CLAIM: {
    type: 'string',
    format: 'claim',
    default: 'scope',
    description: 'the name of a claim or a JSON Pointer, such as scope',
  },
  ACR_CLAIM: {
    type: 'string',
    format: 'claim',
    default: 'acr',
    description: 'the name of a claim or a JSON Pointer, such as https://api.example.com/acr',
  },
  AUTH_TIME_CLAIM: {
    type: 'string',
    format: 'claim',
    default: 'auth_time',
    description: 'the name of a claim or a JSON Pointer, such as https://api.example.com/auth_time',
  },
  REQUIRED_CLAIMS: {
    type: 'string',
    format: 'requiredClaims',
    description: 'claims with their exact text, comma-separated, such as token_use=access',
  },
  ALLOW_NONCE: { type: 'boolean', default: false, description: 'true or false' },
} as const
