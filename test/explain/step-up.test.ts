import { test } from 'tap'
import type { Requirements } from '../../src/access/policy.ts'
import type { Environment } from '../../src/config/environment.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { explain, serverContext } from '../../src/explain/explanation.ts'
import { ENVIRONMENT } from '../support/app.ts'
import { AUDIENCE, NOW, token } from '../support/tokens/tokens.ts'

const ANSWER = {
  status: 401,
  message: 'Requires stronger authentication',
  code: 'authentication_insufficient',
}
const BOTH = { acr: ['gold', 'silver'], maxAge: 300 }

interface Issuer {
  readonly provider?: string
  readonly issuer?: string
}

/** Explains a token whose login does not suffice for a route. */
function explainLogin(
  claims: Record<string, unknown>,
  access: Requirements = BOTH,
  environment: Environment = {},
  { provider = 'auth0', issuer = 'https://tenant.test/' }: Issuer = {},
) {
  const { config } = loadConfig(ENVIRONMENT, environment)
  const issuers = [{ issuer, jwksUrl: `${issuer}jwks` }] as const
  const context = { ...serverContext({ ...config, issuers, provider }), host: 'x', now: NOW }
  return explain(token({ iss: issuer, ...claims }), ANSWER, access, context)
}

test('the check says what is required and what the token has', async (t) => {
  const checkOf = (claims: Record<string, unknown>, access: Requirements) =>
    explainLogin(claims, access).checks.find(({ name }) => name === 'authentication')
  t.match(checkOf({ acr: 'tin', auth_time: 1_799_999_000 }, BOTH), {
    outcome: 'failed',
    expected: 'acr gold or silver, a login at most 300 s ago',
    found: 'acr "tin", auth_time 2027-01-15T07:43:20Z',
    code: 'authentication_insufficient',
  })
  t.match(checkOf({}, { acr: ['gold'] }), { expected: 'acr gold', found: 'acr none' })
  t.match(checkOf({}, { maxAge: 0 }), {
    expected: 'a login at most 0 s ago',
    found: 'auth_time none',
  })
  t.equal(checkOf({}, {}), undefined, 'not for a route that does not require it')
})

test('Auth0: neither claim can be in an access token, and permissions are the simpler way', async (t) => {
  for (const claims of [{}, { acr: 'gold' }, { auth_time: NOW }]) {
    const { advice } = explainLogin(claims)
    t.match(advice, /Auth0 puts neither acr nor auth_time into access tokens/)
    t.match(advice, `api.accessToken.setCustomClaim("${AUDIENCE}/acr"`)
    t.match(advice, /ACR_CLAIM and AUTH_TIME_CLAIM.*simpler to require a permission/s)
  }
  t.match(explainLogin({}).advice, /^It has no acr and auth_time\. /)
  t.match(explainLogin({ acr: 'gold' }).advice, /^It has no auth_time\. /)
})

test('Auth0 with claims of an Action: another login, then the Action', async (t) => {
  const name = `${AUDIENCE}/acr`
  const { advice } = explainLogin({}, { acr: ['gold', 'silver'] }, { ACR_CLAIM: name })
  t.equal(
    advice,
    `It has no ${name}. Log in again with acr_values=gold silver. If the tokens of such a login lack it too, check the post-login Action that adds it.`,
  )
})

test('the local tenant: the data decides what tokens have', async (t) => {
  const { advice } = explainLogin({}, { maxAge: 9 }, {}, { issuer: 'http://localhost:6061/' })
  t.match(advice, /has no auth_time.*max_age=9.*authenticationClaims in the data of the local/s)
})

test('other providers', async (t) => {
  const cases = {
    keycloak: /client scope acr, and .*client scope basic/,
    entra: /a challenge of its own/,
    cognito: /auth_time alone/,
    zitadel: /ID tokens alone/,
    okta: /have the issuer put acr into access tokens, or set ACR_CLAIM .*put auth_time .*AUTH_TIME_CLAIM/,
    toString: /have the issuer put acr into access tokens/,
  }
  for (const [provider, advice] of Object.entries(cases)) {
    const explanation = explainLogin({}, BOTH, {}, { provider })
    t.match(explanation.advice, advice, provider)
    t.notMatch(explanation.advice, /Auth0|Action/, provider)
  }
})

test('claims with other names: the advice has these names, and not those of the provider', async (t) => {
  const environment = { ACR_CLAIM: '/login/level', AUTH_TIME_CLAIM: 'https://a.test/time' }
  for (const provider of ['keycloak', 'okta', 'entra', 'cognito', 'zitadel', 'toString']) {
    const { advice } = explainLogin({}, BOTH, environment, { provider })
    t.equal(
      advice,
      'It has no /login/level and https://a.test/time. Log in again with acr_values=gold silver and max_age=300. If the tokens of such a login lack it too, have the issuer put /login/level into access tokens, or set ACR_CLAIM to a claim that has it, and have the issuer put https://a.test/time into access tokens, or set AUTH_TIME_CLAIM to a claim that has it.',
      provider,
    )
  }
  const keycloak = { provider: 'keycloak' }
  const one = explainLogin({}, BOTH, { ACR_CLAIM: 'loa' }, keycloak).advice
  t.match(one, /have the issuer put loa into .*, and give the client the client scope basic/)
  const { advice, checks } = explainLogin(
    { login: { level: 'tin' } },
    { acr: ['gold'] },
    environment,
  )
  t.match(advice, /suffice: it has another value in \/login\/level\. /)
  t.equal(checks.at(-1)?.found, '/login/level "tin"')
})

test('a login that is another one, too old, or in the future', async (t) => {
  const advice = (acr: string, age: number, access: Requirements = BOTH) =>
    explainLogin({ acr, auth_time: NOW - age }, access).advice
  t.equal(
    advice('tin', 1000),
    'The login of the user does not suffice: it has another value in acr, and it was more than 300 s ago. Log in again with acr_values=gold silver and max_age=300. A renewed token does not help: it has the login of the first one.',
  )
  t.match(advice('tin', 0), /suffice: it has another value in acr\. /)
  t.match(advice('tin', 0, { acr: ['gold'] }), /with acr_values=gold\. /)
  t.match(advice('gold', 1000), /suffice: it was more than 300 s ago\. /)
  t.match(advice('gold', 1000, { maxAge: 60 }), /with max_age=60\. /)
  t.match(advice('gold', -1000), /in the future, so one of the clocks is wrong/)
})

test('a machine does not log in', async (t) => {
  t.match(explainLogin({ gty: 'client-credentials' }).advice, /machine-to-machine/)
  t.match(explainLogin({ sub: 'x@clients' }).advice, /machine-to-machine/)
})

test('an introspected token fails at this check alone, and its own text says nothing about the login', async (t) => {
  const { config } = loadConfig({
    ...{
      ISSUER: 'https://issuer.test',
      AUDIENCE,
      CLIENT_ORIGIN_URL: ENVIRONMENT.CLIENT_ORIGIN_URL,
    },
    INTROSPECTION_URL: 'https://issuer.test/introspect',
    ...{ INTROSPECTION_CLIENT_ID: 'api', INTROSPECTION_CLIENT_SECRET: 'secret' },
  })
  const context = { ...serverContext(config), host: 'x', now: NOW }
  const access = { ...BOTH, permissions: ['read:probe'], scopes: ['email'] }
  const { checks, advice } = explain('opaque', ANSWER, access, context)
  t.strictSame(
    checks.map(({ name, outcome }) => (outcome === 'passed' ? name : `${name} ${outcome}`)),
    [
      ...['introspection', 'kind', 'issuer', 'audience', 'times', 'subject', 'organization'],
      ...['permissions', 'scopes', 'authentication failed'],
    ],
  )
  t.match(checks.at(-1), {
    code: 'authentication_insufficient',
    expected: 'acr gold or silver, a login at most 300 s ago',
    found: 'in the response of the issuer',
  })
  t.match(advice, /^The login of the user does not suffice, or the response of the issuer/)
  const other = explain('opaque', { ...ANSWER, code: 'scope_missing' }, access, context)
  t.match(other.checks.at(-1), { name: 'authentication', outcome: 'not checked' })
  const good = explain('opaque', { status: 200, message: '', code: undefined }, BOTH, context)
  t.match(good.checks.at(-1), { name: 'authentication', outcome: 'passed' })
})
