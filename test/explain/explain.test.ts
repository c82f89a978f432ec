import { type Test, test } from 'tap'
import type { Environment } from '../../src/config/environment.ts'
import { explainer } from '../support/explainer.ts'
import { KEY, newKey } from '../support/tokens/keys.ts'
import { thumbprint } from '../support/tokens/proofs.ts'
import { AUDIENCE, claims, encodeSegment, ISSUER, NOW, token } from '../support/tokens/tokens.ts'

const ADMIN = '/probe/admin'
const PROTECTED = '/probe/protected'

type Case = [token: string, code: string, advice: RegExp, route?: string]

async function explains(t: Test, environment: Environment, cases: Record<string, Case>) {
  const explainToken = await explainer(t, { environment })
  for (const [name, [bearer, code, advice, route]] of Object.entries(cases)) {
    const explanation = await explainToken(bearer, route)
    t.match(explanation, { result: 'refused', code, advice }, name)
    const failed = explanation.checks.find(({ outcome }) => outcome === 'failed')
    t.match(failed, { code, advice: explanation.advice }, `${name}: the first check that failed`)
  }
}

test('texts that are not signed tokens', async (t) => {
  await explains(
    t,
    {},
    {
      'an opaque token': [
        'sZ3aUqzpuB9d_0sZkTrmGw',
        'token_malformed',
        /opaque.*audience=https:\/\/api\.test/,
      ],
      'a newer opaque token': [
        `${encodeSegment({ alg: 'dir', enc: 'A256GCM', iss: ISSUER })}..iv.text.tag`,
        'token_malformed',
        /opaque.*without an audience/,
      ],
      'an encrypted token': [
        `${encodeSegment({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })}.key.iv.text.tag`,
        'token_malformed',
        /encrypted.*APIs → \(this API\) → Settings/,
      ],
      'a refresh token': ['v1.MTc2OTg0NDI0Mg-abc', 'token_malformed', /refresh token.*[Ee]xchange/],
      'a token without signature': [
        `${encodeSegment({ alg: 'none' })}.${encodeSegment(claims())}.`,
        'token_malformed',
        /no signature/,
      ],
      'a token that was cut': [token().slice(0, -3).slice(1), 'token_malformed', /damaged/],
      'a token cut in two': [
        token().split('.').slice(0, 2).join('.'),
        'token_malformed',
        /damaged/,
      ],
      'a token of 9 KiB': [token({ x: 'x'.repeat(9000) }), 'token_too_large', /custom claims/],
    },
  )
})

test('signatures, and other kinds of tokens', async (t) => {
  await explains(
    t,
    {},
    {
      'a shared secret': [
        token({}, { alg: 'HS256' }),
        'algorithm_not_allowed',
        /HS256.*choose RS256/,
      ],
      'another algorithm': [
        token({}, { alg: 'ES256' }),
        'algorithm_not_allowed',
        /accepts only RS256/,
      ],
      'no algorithm': [token({}, { alg: 'none' }), 'algorithm_not_allowed', /It is not signed\./],
      'no alg': [token({}, { alg: undefined }), 'header_malformed', /No tenant issues/],
      crit: [token({}, { crit: ['exp'] }), 'header_extension', /crit or b64/],
      'a logout token': [
        token({}, { typ: 'logout+jwt' }),
        'type_not_allowed',
        /another kind of token/,
      ],
      'a logout token without typ': [
        token({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }),
        'type_not_allowed',
        /typ in its header, and events/,
      ],
      'an ID token': [token({ aud: 'client', nonce: 'n' }), 'id_token', /ID token.*access_token/],
      'an ID token without nonce': [
        token({ aud: 'client', azp: 'client', name: 'Ada' }),
        'audience_mismatch',
        /looks like an ID token/,
      ],
      'bound to a key': [token({ cnf: { jkt: 'x' } }), 'token_bound', /sender constraining/],
      'an unknown key id': [
        token({}, { kid: 'other' }),
        'unknown_key',
        /tenant\.test\/\.well-known\/jwks\.json/,
      ],
      forged: [
        token({}, { kid: KEY.kid }, newKey()),
        'signature_invalid',
        /changed after it was signed/,
      ],
    },
  )
})

test('bound tokens, where they are accepted', async (t) => {
  const bound = { cnf: { jkt: thumbprint() } }
  await explains(
    t,
    { DPOP: 'allowed' },
    {
      'with the scheme Bearer': [token(bound), 'token_needs_dpop', /scheme DPoP and a proof/],
      'of an unknown organization too': [
        token({ ...bound, org_id: 'org_x' }),
        'token_needs_dpop',
        /dpopNonceId/,
      ],
      'bound to a certificate': [
        token({ cnf: { 'x5t#S256': thumbprint() } }),
        'token_bound',
        /mTLS/,
      ],
    },
  )
  const cases: Record<string, Case> = {
    'a plain token': [token(), 'bound_token_required', /useDpop/],
    'an expired one': [token({ exp: NOW - 100 }), 'bound_token_required', /useDpop/],
    'no token': ['x', 'bound_token_required', /useDpop/],
  }
  await explains(t, { DPOP: 'required' }, cases)
})

test('issuer and audience', async (t) => {
  await explains(
    t,
    {},
    {
      'no slash': [
        token({ iss: 'https://tenant.test' }),
        'issuer_mismatch',
        /lacks the trailing slash.*https:\/\/tenant\.test\//,
      ],
      'a bare domain': [
        token({ iss: 'tenant.test' }),
        'issuer_mismatch',
        /only a domain.*https:\/\/tenant\.test\//,
      ],
      'no issuer': [token({ iss: undefined }), 'issuer_mismatch', /has no issuer/],
      'another environment': [
        token({ iss: 'https://staging.test/' }),
        'issuer_mismatch',
        /another tenant.*environment/,
      ],
      'the Auth0 domain of a tenant with a custom domain': [
        token({ iss: 'https://acme.eu.auth0.com/' }),
        'issuer_mismatch',
        /custom domain.*Let clients log in at tenant\.test/,
      ],
      'a local tenant': [
        token({ iss: 'http://localhost:6061/' }),
        'issuer_mismatch',
        /local tenant.*AUTH0_DOMAIN/,
      ],
      'no audience': [
        token({ aud: undefined }),
        'audience_mismatch',
        /for no API.*audience=https:\/\/api\.test/,
      ],
      'another API': [token({ aud: 'https://other.test' }), 'audience_mismatch', /another API/],
      'a trailing slash': [
        token({ aud: `${AUDIENCE}/` }),
        'audience_mismatch',
        /only in the trailing slash/,
      ],
      'the Management API': [
        token({ aud: `${ISSUER}api/v2/` }),
        'audience_mismatch',
        /Management API/,
      ],
      'userinfo only': [
        token({ aud: [`${ISSUER}userinfo`], scope: 'openid' }),
        'audience_mismatch',
        /userinfo/,
      ],
    },
  )
  await explains(
    t,
    { AUTH0_DOMAIN: 'acme.eu.auth0.com' },
    {
      'a custom domain': [
        token({ iss: 'https://login.acme.com/' }),
        'issuer_mismatch',
        /custom domain/,
      ],
      'another Auth0 domain': [
        token({ iss: 'https://acme-dev.eu.auth0.com/' }),
        'issuer_mismatch',
        /another tenant/,
      ],
    },
  )
})

test('times', async (t) => {
  await explains(
    t,
    {},
    {
      'expired hours ago': [
        token({ exp: NOW - 3 * 3600 }),
        'token_expired',
        /^It expired 3 hours ago\. (?!.*clock)/,
      ],
      'expired a day ago': [token({ exp: NOW - 86_400 }), 'token_expired', /expired 1 day ago/],
      'expired just now': [token({ exp: NOW - 20 }), 'token_expired', /20 seconds ago.*clock/],
      'issued in the future': [
        token({ iat: NOW + 120 }),
        'token_issued_in_future',
        /2 minutes.*NTP.*5 s/,
      ],
      milliseconds: [
        token({ iat: NOW * 1000, exp: NOW * 2000 }),
        'token_issued_in_future',
        /in milliseconds/,
      ],
      'days ahead': [token({ iat: NOW + 9e6 }), 'token_issued_in_future', /104 days/],
      'not yet valid': [token({ nbf: NOW + 60 }), 'token_not_yet_valid', /1 minute\./],
      'no exp': [token({ exp: undefined }), 'time_claim_malformed', /seconds since 1970/],
      'exp out of range': [
        token({ exp: 1e300, iat: 1e300 }),
        'token_issued_in_future',
        /milliseconds/,
      ],
    },
  )
})

test('subject and organizations', async (t) => {
  const known = { AUTH0_ORGANIZATIONS: 'acme:org_acme, org_other', ORGANIZATION_DOMAIN: 'api.test' }
  await explains(
    t,
    {},
    {
      'no subject': [token({ sub: '' }), 'subject_missing', /sub is missing or empty/],
      'an organization, where none is known': [
        token({ org_id: 'org_acme' }),
        'organization_unknown',
        /knows no organization.*AUTH0_ORGANIZATIONS/,
      ],
      'an organization that is not a string': [
        token({ org_id: 5 }),
        'organization_malformed',
        /not a string/,
      ],
    },
  )
  await explains(t, known, {
    'no organization': [token(), 'organization_missing', /ORGANIZATION_REQUIRED=false/],
    'an organization with a name only': [
      token({ org_name: 'acme' }),
      'organization_missing',
      /org_name/,
    ],
    'a name instead of an id': [
      token({ org_id: 'acme' }),
      'organization_unknown',
      /not an id .*but a name/,
    ],
    'an unknown organization': [
      token({ org_id: 'org_x' }),
      'organization_unknown',
      /does not know its organization/,
    ],
  })
  const explainToken = await explainer(t, {
    environment: { ...known, ORGANIZATION_REQUIRED: 'false' },
  })
  t.match(await explainToken(token(), PROTECTED, 'acme.api.test'), {
    code: 'organization_missing',
    advice: /this route or subdomain requires one/,
  })
  t.match(await explainToken(token({ org_id: 'org_other' }), PROTECTED, 'acme.api.test'), {
    code: 'organization_not_admitted',
    advice: /this route or subdomain is for another one/,
  })
})

test('permissions', async (t) => {
  const scope = 'openid read:probe'
  await explains(
    t,
    {},
    {
      'no claim': [
        token({ permissions: undefined }),
        'permission_missing',
        /no permissions claim.*Enable RBAC/,
        ADMIN,
      ],
      'only in scope': [
        token({ permissions: undefined, scope }),
        'permission_missing',
        /only in the scope claim.*Add Permissions in the Access Token/,
        ADMIN,
      ],
      'an empty claim': [
        token(),
        'permission_missing',
        /has no permission of this API.*Roles/,
        ADMIN,
      ],
      'other permissions': [
        token({ permissions: ['x'] }),
        'permission_missing',
        /Add it to a role/,
        ADMIN,
      ],
      'a claim that is not an array': [
        token({ permissions: 'read:probe' }),
        'permission_missing',
        /not an array of strings/,
        ADMIN,
      ],
      'a machine by gty': [
        token({ gty: 'client-credentials' }),
        'permission_missing',
        /Machine to Machine Applications/,
        ADMIN,
      ],
      'a machine by sub': [
        token({ sub: 'x@clients' }),
        'permission_missing',
        /Machine to Machine/,
        ADMIN,
      ],
    },
  )
})

test('a logout token is called one', async (t) => {
  const explainToken = await explainer(t, {})
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
  const { checks } = await explainToken(token({ events }))
  t.match(
    checks.find(({ name }) => name === 'kind'),
    { outcome: 'failed', found: 'a logout token (events)' },
  )
})
