import { test } from 'tap'
import type { Environment } from '../../src/config/environment.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { explain } from '../../src/explain/explanation.ts'
import { KeysUnavailableError } from '../../src/tokens/errors.ts'
import { ENVIRONMENT, KEY, NOW, newKey, oddKeys, token } from '../support/app.ts'
import { explainer } from '../support/explainer.ts'

const ADMIN = '/api/messages/admin'

test('a server that judged nothing says nothing of key and signature', async (t) => {
  const { config } = loadConfig(ENVIRONMENT)
  const { tokens: expected, jwksUrl, organizations } = config
  const context = { expected, jwksUrl, organizations, host: 'localhost', now: NOW }
  const forged = token({}, { kid: KEY.kid }, newKey())
  for (const [status, message] of [
    [429, 'Too Many Requests'],
    [503, 'Service Unavailable'],
    [503, 'Unable to verify credentials'],
    [0, 'The API does not answer.'],
  ] as const) {
    const { verdict, checks } = explain(forged, { status, message }, {}, context)
    t.equal(verdict, 'undecided')
    for (const name of ['key', 'signature'] as const) {
      t.match(
        checks.find((check) => check.name === name),
        { outcome: 'not judged', found: '' },
        `${name} at ${status}`,
      )
    }
  }
  t.match(explain(forged, { status: 431, message: 'x' }, {}, context), {
    verdict: 'refused',
    code: 'token_too_large',
  })
})

test('what is expected of an organization is what the server would take', async (t) => {
  const environment = { AUTH0_ORGANIZATIONS: 'a:org_a,b:org_b', ORGANIZATION_DOMAIN: 'api.test' }
  const expectedAt = async (host: string, changes: Environment = {}) => {
    const judge = await explainer(t, { environment: { ...environment, ...changes } })
    const { checks } = await judge(token(), '/api/messages/protected', host)
    return checks.find(({ name }) => name === 'organization')?.expected
  }
  t.equal(await expectedAt('a.api.test'), 'org_a')
  t.equal(await expectedAt('c.api.test'), 'nobody is let in')
  t.equal(await expectedAt('api.test'), 'org_a or org_b')
  t.equal(
    await expectedAt('api.test', { ORGANIZATION_REQUIRED: 'false' }),
    'org_a or org_b or none',
  )
})

test('what is accepted, what is public, and what cannot be judged', async (t) => {
  const judge = await explainer(t)
  const accepted = await judge(token({ permissions: ['read:admin-messages'] }), ADMIN)
  t.equal(accepted.verdict, 'accepted')
  t.ok(accepted.checks.every(({ outcome }) => outcome === 'passed'))
  t.match(await judge('anything', '/api/messages/public'), { verdict: 'accepted', checks: [] })
  const dark = await explainer(t, {
    signingKeys: oddKeys(() => Promise.reject(new KeysUnavailableError(1))),
  })
  const undecided = await dark(token())
  t.match(undecided, { verdict: 'undecided', code: 'keys_unavailable', advice: /npm run doctor/ })
  t.match(
    undecided.checks.find(({ name }) => name === 'key'),
    { outcome: 'not judged' },
  )
  t.match(await judge('a b'), {
    verdict: 'refused',
    code: 'authorization_malformed',
    advice: /quotes/,
  })
  t.match(await judge(''), { verdict: 'refused', advice: /empty/ })
  t.match(await judge('undefined'), { verdict: 'refused', advice: /before it had an access token/ })
})
