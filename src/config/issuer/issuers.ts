import type { Expectations } from '../../tokens/access-token-rules.ts'
import type { Issuer } from '../../tokens/issuer.ts'
import { assertDefined } from '../../utils/assert-defined.ts'
import { parsers } from '../parsers.ts'
import type { Values } from '../schema.ts'

/** Whose tokens are accepted: the domains of one Auth0 tenant, or another issuer. The main one is first. */
export function issuersOf({
  AUTH0_DOMAIN,
  ISSUER,
  JWKS_URI,
}: Values): readonly [Issuer, ...Issuer[]] {
  if (ISSUER !== undefined) return [{ issuer: ISSUER, jwksUrl: JWKS_URI }]
  return assertDefined(parsers.tenants(String(AUTH0_DOMAIN)), 'AUTH0_DOMAIN')
}

/** Where the tokens of the issuer have what is read from them, and what they must have. */
export function claimExpectations(
  values: Values,
): Required<Pick<Expectations, 'claims' | 'requiredClaims' | 'nonceAllowed'>> {
  const { PERMISSIONS_CLAIM, REQUIRED_CLAIMS = '' } = values
  return {
    claims: {
      audience: values.AUDIENCE_CLAIM,
      subject: values.SUBJECT_CLAIM,
      organization: values.ORGANIZATION_CLAIM,
      permissions: assertDefined(parsers.claims(PERMISSIONS_CLAIM), 'PERMISSIONS_CLAIM'),
      scope: values.SCOPE_CLAIM,
      acr: values.ACR_CLAIM,
      authTime: values.AUTH_TIME_CLAIM,
    },
    requiredClaims: parsers.requiredClaims(REQUIRED_CLAIMS) ?? [],
    nonceAllowed: values.ALLOW_NONCE,
  }
}

/** How tokens are introspected (RFC 7662); undefined if they are verified with keys. */
export function introspectionConfig({
  INTROSPECTION_URL: url,
  INTROSPECTION_CLIENT_ID: clientId,
  INTROSPECTION_CLIENT_SECRET: clientSecret,
  INTROSPECTION_MAX_AGE: maxAge,
}: Values) {
  if (url === undefined) return undefined
  return {
    endpoint: {
      url,
      clientId: assertDefined(clientId, 'INTROSPECTION_CLIENT_ID'),
      clientSecret: assertDefined(clientSecret, 'INTROSPECTION_CLIENT_SECRET'),
    },
    /** In milliseconds. */
    maxAge: maxAge * 1000,
  }
}
