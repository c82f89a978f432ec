import { test } from 'tap'
import type { Environment } from '../../src/config/environment.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { explain, serverContext } from '../../src/explain/explanation.ts'
import { KeysUnavailableError } from '../../src/tokens/errors.ts'
import { ENVIRONMENT } from '../support/app.ts'
import { explainer } from '../support/explainer.ts'
import { KEY, newKey, oddKeys } from '../support/tokens/keys.ts'
import { NOW, token } from '../support/tokens/tokens.ts'

const ADMIN = '/probe/admin'

test('if the server did not verify the token, key and signature are not checked', async (t) => {
  const { config } = await loadConfig(ENVIRONMENT)
  const context = { ...serverContext(config), host: 'localhost', now: NOW }
  const forged = token({}, { kid: KEY.kid }, newKey())
  for (const [status, message] of [
    [429, 'Too Many Requests'],
    [503, 'Service Unavailable'],
    [503, 'Unable to verify credentials'],
    [0, 'The API does not answer.'],
  ] as const) {
    const { result, checks } = explain(forged, { status, message }, {}, context)
    t.equal(result, 'undecided')
    for (const name of ['key', 'signature'] as const) {
      t.match(
        checks.find((check) => check.name === name),
        { outcome: 'not checked', found: '' },
        `${name} at ${status}`,
      )
    }
  }
  const check = function ownsIt() {
    return false
  }
  t.match(explain(forged, { status: 204, message: '' }, { check }, context), {
    result: 'accepted',
    pendingCheck: 'ownsIt',
  })
  t.match(explain(forged, { status: 431, message: 'x' }, {}, context), {
    result: 'refused',
    code: 'token_too_large',
  })
})

test('the expected organizations are those that the server accepts', async (t) => {
  const environment = { AUTH0_ORGANIZATIONS: 'a:org_a,b:org_b', ORGANIZATION_DOMAIN: 'api.test' }
  const expectedAt = async (host: string, changes: Environment = {}) => {
    const explainToken = await explainer(t, { environment: { ...environment, ...changes } })
    const { checks } = await explainToken(token(), '/probe/protected', host)
    return checks.find(({ name }) => name === 'organization')?.expected
  }
  t.equal(await expectedAt('a.api.test'), 'org_a')
  t.equal(await expectedAt('c.api.test'), 'no token is accepted')
  t.equal(await expectedAt('api.test'), 'org_a or org_b')
  t.equal(
    await expectedAt('api.test', { ORGANIZATION_REQUIRED: 'false' }),
    'org_a or org_b or none',
  )
})

test('accepted tokens, public routes, and unavailable keys', async (t) => {
  const explainToken = await explainer(t)
  const accepted = await explainToken(token({ permissions: ['read:probe'] }), ADMIN)
  t.equal(accepted.result, 'accepted')
  t.ok(accepted.checks.every(({ outcome }) => outcome === 'passed'))
  t.match(await explainToken('anything', '/probe/public'), {
    result: 'accepted',
    checks: [],
  })
  const withoutKeys = await explainer(t, {
    signingKeys: oddKeys(() => Promise.reject(new KeysUnavailableError(1))),
  })
  const undecided = await withoutKeys(token())
  t.match(undecided, { result: 'undecided', code: 'keys_unavailable', advice: /npm run doctor/ })
  t.match(
    undecided.checks.find(({ name }) => name === 'key'),
    { outcome: 'not checked' },
  )
  t.match(await explainToken('a b'), {
    result: 'refused',
    code: 'authorization_malformed',
    advice: /quotes/,
  })
  t.match(await explainToken(''), { result: 'refused', advice: /empty/ })
  t.match(await explainToken('undefined'), {
    result: 'refused',
    advice: /before it had an access token/,
  })
})
