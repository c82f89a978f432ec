import { type IsSet, portRule, type Rule } from '../rule.ts'
import type { Values } from '../schema.ts'

const AUTH0_ORGANIZATION = /^(?:[a-z0-9-]+:)?org_\w+$/i

/** Variables that mean nothing without INTROSPECTION_URL, of which it needs those that are credentials. */
const CREDENTIALS = ['INTROSPECTION_CLIENT_ID', 'INTROSPECTION_CLIENT_SECRET'] as const
const OF_INTROSPECTION = [...CREDENTIALS, 'INTROSPECTION_MAX_AGE'] as const

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
    portRule(values, 'JWKS_URI'),
    portRule(values, 'INTROSPECTION_URL'),
    ...introspectionRules(values, isSet),
  ]
}

function introspectionRules(
  { INTROSPECTION_URL, NODE_ENV }: Partial<Values>,
  isSet: IsSet,
): Rule[] {
  if (!isSet('INTROSPECTION_URL')) {
    return OF_INTROSPECTION.map((name) => [
      isSet(name),
      `INTROSPECTION_URL is required when ${name} is set`,
    ])
  }
  return [
    [
      !isSet('ISSUER'),
      'ISSUER is required when INTROSPECTION_URL is set',
      'an issuer that introspects access tokens, which Auth0 (AUTH0_DOMAIN) does not',
    ],
    [
      isSet('JWKS_URI'),
      'INTROSPECTION_URL and JWKS_URI exclude each other',
      'one way to verify tokens: all of them by introspection, or all with keys',
    ],
    [
      NODE_ENV === 'production' && INTROSPECTION_URL?.startsWith('http:'),
      'INTROSPECTION_URL is invalid',
      'an https URL in production',
    ],
    ...CREDENTIALS.map(
      (name) => [!isSet(name), `${name} is required when INTROSPECTION_URL is set`] as const,
    ),
  ]
}
