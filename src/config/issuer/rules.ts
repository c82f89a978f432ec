import type { IsSet, Rule } from '../rule.ts'
import type { Values } from '../schema.ts'

const AUTH0_ORGANIZATION = /^(?:[a-z0-9-]+:)?org_\w+$/i

/** Finds variables about the issuer that do not go together. */
export function issuerRules(values: Partial<Values>, isSet: IsSet): Rule[] {
  const { ISSUER, JWKS_URI, AUTH0_ORGANIZATIONS = '', PROVIDER = 'auth0' } = values
  const isProduction = values.NODE_ENV === 'production'
  const organizations = AUTH0_ORGANIZATIONS.split(',').map((entry) => entry.trim())
  const isOfAuth0 = (entry: string) => entry === '' || AUTH0_ORGANIZATION.test(entry)
  return [
    [
      !isSet('AUTH0_DOMAIN') && !isSet('ISSUER'),
      'AUTH0_DOMAIN is missing',
      'the domain of the tenant alone, such as name.region.auth0.com, or several domains of it, comma-separated, the main one first; for an issuer that is not Auth0, set ISSUER instead',
    ],
    [isSet('AUTH0_DOMAIN') && isSet('ISSUER'), 'AUTH0_DOMAIN and ISSUER exclude each other'],
    [
      isProduction && ISSUER?.startsWith('http:'),
      'ISSUER is invalid',
      'an https URL in production',
    ],
    [
      isProduction && JWKS_URI?.startsWith('http:'),
      'JWKS_URI is invalid',
      'an https URL in production',
    ],
    [
      isSet('AUDIENCE') && isSet('AUTH0_AUDIENCE'),
      'AUDIENCE and AUTH0_AUDIENCE exclude each other',
    ],
    [isSet('JWKS_URI') && !isSet('ISSUER'), 'ISSUER is required when JWKS_URI is set'],
    [PROVIDER !== 'auth0' && !isSet('ISSUER'), `ISSUER is required when PROVIDER is ${PROVIDER}`],
    [
      isSet('AUTH0_DOMAIN') && !organizations.every(isOfAuth0),
      'AUTH0_ORGANIZATIONS is invalid',
      'organization ids, comma-separated, such as org_a1 or subdomain:org_a1',
    ],
  ]
}
