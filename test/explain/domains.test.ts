import { test } from 'tap'
import { loadConfig } from '../../src/config/load-config.ts'
import { logHint } from '../../src/explain/log-hint.ts'
import { ENVIRONMENT } from '../support/app.ts'
import { explainer } from '../support/explainer.ts'
import { newKey } from '../support/tokens/keys.ts'
import { ISSUER, NOW, token } from '../support/tokens/tokens.ts'

const OTHER_ISSUER = 'https://tenant.eu.auth0.com/'
const environment = { AUTH0_DOMAIN: 'tenant.test, tenant.eu.auth0.com' }

test('an explanation names the issuer that the token was checked for', async (t) => {
  const explain = await explainer(t, { environment })
  for (const iss of [ISSUER, OTHER_ISSUER]) {
    const { result, checks } = await explain(token({ iss }))
    t.equal(result, 'accepted')
    const issuer = checks.find(({ name }) => name === 'issuer')
    t.match(issuer, { outcome: 'passed', expected: iss, found: JSON.stringify(iss) })
    const unknown = await explain(token({ iss }, {}, newKey('RS256', 'unknown')))
    const key = unknown.checks.find(({ name }) => name === 'key')
    t.match(key, { outcome: 'failed', expected: `a key id in ${iss}.well-known/jwks.json` })
    t.match(unknown, { code: 'unknown_key', advice: `${iss}.well-known/jwks.json` })
    const management = await explain(token({ iss, aud: `${iss}api/v2/` }))
    t.match(management, { code: 'audience_mismatch', advice: 'Management API' })
  }
})

test('for an unknown issuer, an explanation lists the configured ones', async (t) => {
  const explain = await explainer(t, { environment })
  const both = `${ISSUER} or ${OTHER_ISSUER}`
  const cases: [iss: unknown, advice: string | RegExp][] = [
    [
      'https://third.test/',
      `another tenant, for example that of another environment. Get it from ${both}`,
    ],
    ['https://other.eu.auth0.com/', /another tenant/],
    [undefined, `Get an access token from ${both}.`],
    ['http://localhost:6061/', `this server accepts tokens of ${both}`],
    [
      OTHER_ISSUER.slice(0, -1),
      `lacks the trailing slash, and issuers are compared exactly. The issuer of these tokens must write iss as ${OTHER_ISSUER}.`,
    ],
    [
      'tenant.eu.auth0.com',
      `only a domain, and issuers are compared exactly. The issuer of these tokens must write iss as ${OTHER_ISSUER}.`,
    ],
  ]
  for (const [iss, advice] of cases) {
    const explanation = await explain(token({ iss }))
    t.match(explanation, { result: 'refused', code: 'issuer_mismatch', advice })
    const issuer = explanation.checks.find(({ name }) => name === 'issuer')
    t.match(issuer, { outcome: 'failed', expected: both, advice })
  }
})

test('a domain that is not in the list yet can be added', async (t) => {
  const AUTH0_DOMAIN = 'tenant.test,login.tenant.test'
  const explain = await explainer(t, { environment: { AUTH0_DOMAIN } })
  const { advice } = await explain(token({ iss: OTHER_ISSUER }))
  t.match(advice, 'Let clients log in at tenant.test or login.tenant.test, or add the domain')
})

test('a hint is about the keys of the issuer of the token', async (t) => {
  const { config } = loadConfig(ENVIRONMENT, environment)
  const cooldowns = new Map([
    [ISSUER, 0],
    [OTHER_ISSUER, 17],
  ])
  const hint = logHint(
    config,
    () => NOW * 1000,
    (issuer) => ({ age: 13, cooldown: cooldowns.get(issuer) ?? NaN }),
  )
  const hintFor = (iss: string) => {
    const headers = { authorization: `Bearer ${token({ iss })}` }
    const routeOptions = { config: { access: {} } }
    return hint('unknown_key', { headers, hostname: 'localhost', routeOptions } as never)
  }
  t.match(hintFor(OTHER_ISSUER), `key set of ${OTHER_ISSUER}.well-known/jwks.json that the server`)
  t.match(hintFor(OTHER_ISSUER), 'wait 17 s')
  t.match(hintFor(ISSUER), `not in the key set at ${ISSUER}.well-known/jwks.json`)
})
