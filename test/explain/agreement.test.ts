import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { type Test, test } from 'tap'
import { challengeOf } from '../../src/access/challenge.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { REPLAY_STORE_ADVICE } from '../../src/explain/dpop/proof-advice.ts'
import { extractToken } from '../../src/explain/extract-token.ts'
import { logHint } from '../../src/explain/log-hint.ts'
import { printable } from '../../src/explain/printable.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { BINDING_ERRORS, NONCE_ERRORS, PROOF_ERRORS } from '../../src/tokens/dpop/errors.ts'
import { TOKEN_ERRORS, type TokenErrorCode } from '../../src/tokens/errors.ts'
import { ENVIRONMENT } from '../support/app.ts'
import { explainer } from '../support/explainer.ts'
import { logSink } from '../support/log-sink.ts'
import { thumbprint } from '../support/tokens/proofs.ts'
import { AUDIENCE, claims, ISSUER, NOW, signJws, token } from '../support/tokens/tokens.ts'

for (const DPOP of ['off', 'allowed', 'required']) {
  test(`the explanation and the server never disagree: DPOP=${DPOP}`, (t) => neverDisagree(t, DPOP))
}

async function neverDisagree(t: Test, DPOP: string): Promise<void> {
  const environment = { AUTH0_ORGANIZATIONS: 'org_acme', ORGANIZATION_REQUIRED: 'false', DPOP }
  const explainToken = await explainer(t, { environment })
  const odd = fc.oneof(fc.jsonValue(), fc.constant({ toString: 1 }), fc.constant(undefined))
  const time = fc.oneof(odd, fc.integer({ min: NOW - 90, max: NOW + 90 }), fc.double())
  const changes = fc.record(
    {
      iss: fc.oneof(fc.constant(ISSUER), fc.webUrl(), odd),
      aud: fc.oneof(fc.constant(AUDIENCE), fc.constant([AUDIENCE, 'x']), odd),
      exp: time,
      iat: time,
      nbf: time,
      sub: fc.oneof(fc.string(), odd),
      org_id: fc.oneof(fc.constant('org_acme'), fc.string(), odd),
      permissions: fc.oneof(fc.constant(['read:probe']), odd),
      scope: odd,
      nonce: odd,
      cnf: fc.oneof(fc.constant({ jkt: thumbprint() }), odd),
      gty: odd,
    },
    { requiredKeys: [] },
  )
  const header = fc.record(
    { alg: fc.oneof(fc.constant('none'), odd), kid: odd, typ: odd, crit: odd },
    { requiredKeys: [] },
  )
  const headers = fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, header)
  const signed = fc.tuple(changes, headers).map(([claims, header]) => token(claims, header))
  const broken = fc.oneof(fc.base64String(), fc.stringMatching(/^[\w.-]{1,60}$/))
  const cut = fc.tuple(signed, fc.nat(400)).map(([whole, length]) => whole.slice(0, length))
  const any = fc.oneof({ weight: 6, arbitrary: signed }, broken, cut)
  await fc.assert(
    fc.asyncProperty(
      any,
      fc.constantFrom('/probe/protected', '/probe/admin'),
      async (bearer, route) => {
        // The server sheds load where its event loop is held up, as a loop of promises alone does.
        await setImmediate()
        const { result, checks, refusal, code, answer } = await explainToken(bearer, route)
        const failed = checks.find(({ outcome }) => outcome === 'failed')
        const expectedCode = result === 'accepted' ? undefined : refusal
        // A header that is malformed holds no token to check.
        if (answer.status === 400) return code === 'authorization_malformed'
        return (
          code === expectedCode &&
          failed?.code === expectedCode &&
          (expectedCode !== undefined || answer.status === 200)
        )
      },
    ),
    { numRuns: 1000 },
  )
}

test('every code has advice, and none contains text of the token', async (t) => {
  const { config } = loadConfig(ENVIRONMENT)
  const hint = logHint(config, () => NOW * 1000)
  const marked = (value: unknown) => `MARKER${value}`
  const bearer = signJws(
    Object.fromEntries(['alg', 'kid', 'typ', 'crit'].map((name) => [name, marked(name)])),
    Object.fromEntries(Object.keys(claims({ org_id: 1, org_name: 1 })).map((n) => [n, marked(n)])),
  )
  const request = { headers: { authorization: `Bearer ${bearer}` }, hostname: 'MARKER' }
  const codes = [
    ...Object.keys({ ...TOKEN_ERRORS, ...BINDING_ERRORS, ...PROOF_ERRORS, ...NONCE_ERRORS }),
    ...['dpop_authorization_malformed', 'dpop_replay_store_full', 'dpop_replay_store_unavailable'],
    ...['credentials_missing', 'authorization_malformed', 'keys_unavailable', 'permission_missing'],
    ...['organization_missing', 'organization_unknown', 'organization_not_admitted'],
    'authentication_insufficient',
  ]
  for (const code of codes) {
    for (const access of [{}, { permissions: ['read:x'] }, { acr: ['x'], maxAge: 1 }]) {
      const routeOptions = { config: { access } }
      const advice = hint(code, { ...request, routeOptions } as never)
      t.match(advice, /^[A-Z].*[.]$/s, code)
      t.notMatch(advice, /MARKER/, code)
      // SDKs of Auth0 repeat a request whose response has these words.
      t.notMatch(advice, /use_dpop_nonce|invalid_dpop_nonce/)
    }
  }
  for (const access of [undefined, 'public']) {
    const elsewhere = { ...request, routeOptions: { config: { access } } }
    t.equal(hint('token_malformed', elsewhere as never), undefined, 'no access token there')
  }
  for (const code of ['FST_ERR_VALIDATION', 'too_many_failures', 'toString']) {
    t.equal(
      hint(code, { headers: {}, routeOptions: { config: { access: {} } } } as never),
      undefined,
      code,
    )
  }
})

test('every code of bound tokens is in the documentation', (t) => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8')
  const stores = Object.keys(REPLAY_STORE_ADVICE)
  const errors = Object.keys({ ...BINDING_ERRORS, ...PROOF_ERRORS, ...NONCE_ERRORS })
  const codes = [...errors, ...stores, 'dpop_authorization_malformed']
  const rows = [...page.matchAll(/^\| `((?:dpop|token|bound_token)_\w+)` \| (?:`\w+`|none \()/gm)]
  t.strictSame(rows.map(([, code]) => code).sort(), codes.sort())
  t.end()
})

test('the log contains the advice unchanged', async (t) => {
  const { config } = loadConfig(ENVIRONMENT)
  const hint = logHint(config, () => NOW * 1000)
  const { log, destination } = logSink()
  const logger = createLogger('info', destination)
  for (const code of [
    ...Object.keys(TOKEN_ERRORS),
    'credentials_missing',
    'permission_missing',
    'scope_missing',
    'authentication_insufficient',
    'check_failed',
  ]) {
    for (const bearer of ['', 'opaque', 'v1.refresh', 'a.b.c.d.e', token()]) {
      const headers = { authorization: `Bearer ${bearer}` }
      const routeOptions = {
        config: { access: { permissions: ['read:x'], scopes: ['x'], maxAge: 1 } },
      }
      const advice = hint(code, { headers, routeOptions } as never)
      logger.info({ hint: advice })
      t.equal(log.at(-1)?.['hint'], advice, code)
    }
  }
})

test('a token is extracted from pasted text', async (t) => {
  for (const text of [
    'a.b.c',
    ' a.b.c\n',
    'Bearer a.b.c',
    'authorization:  bearer a.b.c',
    '"a.b.c"',
    'a.b\n  .c',
  ]) {
    t.equal(extractToken(text), 'a.b.c', JSON.stringify(text))
  }
  t.equal(extractToken('Bearer '), '')
  t.equal(extractToken(''), '')
})

test('each code has a challenge of its own', async (t) => {
  const codes = Object.keys(TOKEN_ERRORS) as TokenErrorCode[]
  const values = codes.map((code) => challengeOf(code).value)
  t.equal(new Set(values).size, codes.length)
})

test('control characters are escaped', async (t) => {
  t.equal(printable('\u001b[31mred\u202e'), '"\\u001b[31mred\\u{202e}"')
  t.equal(printable('\u009b'), '"\\u{9b}"')
  t.equal(printable(undefined), 'none')
  t.equal(printable('x'.repeat(500)).length, 201)
})
