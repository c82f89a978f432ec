import fc from 'fast-check'
import { type Test, test } from 'tap'
import { TrustedIssuers } from '../../../src/tokens/issuers/trusted-issuers.ts'
import { testApp } from '../../support/app.ts'
import { trustedIssuer } from '../../support/tokens/issuers.ts'
import { keysOf, newKey, oddKeys } from '../../support/tokens/keys.ts'
import { ISSUER, signJws, token } from '../../support/tokens/tokens.ts'

const PROTECTED = '/probe/protected'
const OTHER_ISSUER = 'https://login.tenant.test/'
/** One key id, but not one key. */
const [KEY_A, KEY_B] = [newKey('RS256', 'shared'), newKey('RS256', 'shared')]

const tokenOfA = (claims = {}, header = {}) => token({ iss: ISSUER, ...claims }, header, KEY_A)
const tokenOfB = (claims = {}, header = {}) =>
  token({ iss: OTHER_ISSUER, ...claims }, header, KEY_B)

/** An app that trusts two issuers, and the number of times that keys were looked up. */
async function twoIssuers(t: Test, environment: Record<string, string> = {}) {
  const lookups = { count: 0 }
  const counted = (keys: ReturnType<typeof keysOf>) =>
    oddKeys((header) => {
      lookups.count += 1
      return keys.keysFor(header)
    })
  const { app, call, log } = await testApp(t, {
    environment: { AUTH0_DOMAIN: 'tenant.test, login.tenant.test', ...environment },
    keysByIssuer: {
      [ISSUER]: counted(keysOf([KEY_A], ['RS256'])),
      [OTHER_ISSUER]: counted(keysOf([KEY_B], ['RS256'])),
    },
  })
  return {
    app,
    lookups,
    /** The status, and the code of a rejection. */
    async resultOf(bearer: string) {
      const { status } = await call(PROTECTED, bearer)
      return status === 200 ? [status] : [status, log.at(-1)?.['refusal']]
    },
  }
}

test('D.1 test 1: the tokens of both domains are accepted, those of a third are not', async (t) => {
  const { resultOf } = await twoIssuers(t)
  for (const _ of ['new', 'cached']) {
    t.strictSame(await resultOf(tokenOfA()), [200])
    t.strictSame(await resultOf(tokenOfB()), [200])
    for (const key of [KEY_A, KEY_B]) {
      const third = token({ iss: 'https://third.tenant.test/' }, {}, key)
      t.strictSame(await resultOf(third), [401, 'issuer_mismatch'])
    }
  }
})

test('D.1 test 2: a key of one issuer does not verify a token of the other', async (t) => {
  const { resultOf } = await twoIssuers(t)
  for (const _ of ['before', 'and after the keys were used']) {
    t.strictSame(await resultOf(token({ iss: ISSUER }, {}, KEY_B)), [401, 'signature_invalid'])
    t.strictSame(await resultOf(token({ iss: OTHER_ISSUER }, {}, KEY_A)), [
      401,
      'signature_invalid',
    ])
    // Without a key id, all keys of the issuer are tried.
    const anyKey = { kid: undefined }
    t.strictSame(await resultOf(token({ iss: ISSUER }, anyKey, KEY_B)), [401, 'signature_invalid'])
    const foreign = token({ iss: OTHER_ISSUER }, anyKey, KEY_A)
    t.strictSame(await resultOf(foreign), [401, 'signature_invalid'])
    t.strictSame(await resultOf(tokenOfA()), [200])
    t.strictSame(await resultOf(tokenOfB()), [200])
  }
  const ownKid = newKey('RS256', 'only-b')
  const { call, log } = await testApp(t, {
    environment: { AUTH0_DOMAIN: 'tenant.test,login.tenant.test' },
    keysByIssuer: {
      [ISSUER]: keysOf([KEY_A], ['RS256']),
      [OTHER_ISSUER]: keysOf([ownKid], ['RS256']),
    },
  })
  t.equal((await call(PROTECTED, token({ iss: OTHER_ISSUER }, {}, ownKid))).status, 200)
  t.equal((await call(PROTECTED, token({ iss: ISSUER }, {}, ownKid))).status, 401)
  t.equal(log.at(-1)?.['refusal'], 'unknown_key')
})

test('D.1 test 3: variants of an issuer are other issuers', async (t) => {
  const { resultOf, lookups } = await twoIssuers(t)
  const names = [ISSUER, OTHER_ISSUER]
  const variants = names.flatMap((name) => [
    name.slice(0, -1),
    `${name}/`,
    name.toUpperCase(),
    name.replace('https', 'HTTPS'),
    name.replace('tenant', 'Tenant'),
    name.replace('https', 'http'),
    name.replace('.test', '.test:443'),
    name.replace('.test', '.test.'),
    `${name}v2/`,
    `${name}?`,
    `${name}#`,
    `${name}..`,
    ` ${name}`,
    `${name}\n`,
    `${name}\0`,
    name.replace('https://', 'https://user@'),
    name.replace('https://', 'https://user:password@'),
    name.replace('https://', 'https:\\\\'),
    name.replace('e', '\u0435'),
    name.replace('tenant', 'xn--tenant-'),
    name.replace('tenant', '%74enant'),
    name.replace('/', '\uff0f'),
    [name],
    { name },
    { toString: name },
    names.join(),
    names.join(' '),
  ])
  const odd = [undefined, null, true, 0, 1, '', [], {}, names, '__proto__', 'constructor', 'main']
  for (const iss of [...variants, ...odd]) {
    for (const key of [KEY_A, KEY_B]) {
      const name = `«${JSON.stringify(iss)}»`
      t.strictSame(await resultOf(token({ iss }, {}, key)), [401, 'issuer_mismatch'], name)
    }
  }
  t.equal(lookups.count, 0)
})

test('D.1 test 3: no text but the exact name of an issuer is accepted', async (t) => {
  const { resultOf, lookups } = await twoIssuers(t)
  const name = fc.constantFrom(ISSUER, OTHER_ISSUER)
  const character = fc.constantFrom(
    '/',
    '.',
    ':',
    '@',
    '\0',
    ' ',
    '%2F',
    'a',
    'A',
    '\u0131',
    '\u{1f511}',
  )
  /** One change of a name: a piece is inserted, removed, replaced, or changes its case. */
  const changed = fc
    .tuple(
      name,
      fc.nat({ max: 40 }),
      character,
      fc.constantFrom('insert', 'remove', 'replace', 'case'),
    )
    .map(([text, at, piece, change]) => {
      const [head, rest] = [text.slice(0, at), text.slice(at)]
      if (change === 'insert') return head + piece + rest
      if (change === 'remove') return head + rest.slice(1)
      if (change === 'replace') return head + piece + rest.slice(1)
      return head + rest.toUpperCase()
    })
  const iss = fc.oneof(
    { weight: 4, arbitrary: changed },
    fc.string({ unit: 'binary' }),
    fc.jsonValue(),
  )
  const seen = { exact: 0, other: 0 }
  const property = fc.asyncProperty(iss, fc.constantFrom(KEY_A, KEY_B), async (iss, key) => {
    const isExact = iss === ISSUER || iss === OTHER_ISSUER
    seen[isExact ? 'exact' : 'other'] += 1
    const [status, code] = await resultOf(token({ iss }, {}, key))
    const isOwnKey = (iss === ISSUER) === (key === KEY_A)
    if (!isExact) return status === 401 && code === 'issuer_mismatch'
    return isOwnKey ? status === 200 : code === 'signature_invalid'
  })
  const { counterexample } = await fc.check(property, { numRuns: 500 })
  t.equal(counterexample, null)
  t.ok(seen.other > 300, JSON.stringify(seen))
  t.equal(lookups.count <= 2 * seen.exact, true, 'keys are looked up for exact names only')
})

test('D.1 test 3: of two members iss, the last one counts, for all rules', async (t) => {
  const { resultOf } = await twoIssuers(t)
  const claims = Buffer.from(String(tokenOfA().split('.')[1]), 'base64url').toString()
  const twice = (first: string, last: string) =>
    claims.replace(`"iss":"${ISSUER}"`, `"iss":"${first}","iss":"${last}"`)
  const header = { alg: 'RS256', kid: 'shared' }
  t.strictSame(await resultOf(signJws(header, twice('x', ISSUER), KEY_A)), [200])
  const foreign = signJws(header, twice(ISSUER, OTHER_ISSUER), KEY_A)
  t.strictSame(await resultOf(foreign), [401, 'signature_invalid'])
  t.strictSame(await resultOf(signJws(header, twice(ISSUER, 'x'), KEY_A)), [401, 'issuer_mismatch'])
})

test('the order of the rules does not depend on the issuer', async (t) => {
  const { resultOf } = await twoIssuers(t)
  for (const iss of [ISSUER, OTHER_ISSUER, 'https://third.tenant.test/']) {
    t.strictSame(await resultOf(token({ iss }, { alg: 'none' })), [401, 'algorithm_not_allowed'])
    t.strictSame(await resultOf(token({ iss, aud: 'x' }, { crit: [] })), [401, 'header_extension'])
    t.strictSame(await resultOf(token({ iss, aud: 'x', nonce: 'x' })), [401, 'id_token'])
  }
  t.strictSame(await resultOf(tokenOfB({ aud: 'x', exp: 0 })), [401, 'audience_mismatch'])
  t.strictSame(await resultOf(tokenOfB({ exp: 0 })), [401, 'token_expired'])
})

test('D.1 test 9: keys that a token brings are ignored, whatever its issuer', async (t) => {
  const { resultOf } = await twoIssuers(t)
  const headers = [
    { jku: `${OTHER_ISSUER}.well-known/jwks.json` },
    { x5u: `${OTHER_ISSUER}certificate.pem` },
    { jwk: KEY_B.jwk },
    { x5c: ['MIIB'] },
    { iss: OTHER_ISSUER },
  ]
  for (const header of headers) {
    const forged = token({ iss: ISSUER }, header, KEY_B)
    t.strictSame(await resultOf(forged), [401, 'signature_invalid'], JSON.stringify(header))
    t.strictSame(await resultOf(tokenOfA({}, header)), [200])
  }
})

test('D.1 test 11: a principal has the issuer of its token', async (t) => {
  const { app, resultOf } = await twoIssuers(t)
  app.get('/issuer', { config: { access: {} } }, ({ principal }) => ({ issuer: principal?.issuer }))
  const issuerOf = async (bearer: string) =>
    (await app.inject({ url: '/issuer', headers: { authorization: `Bearer ${bearer}` } })).json()
  for (const _ of ['new', 'cached']) {
    t.strictSame(await issuerOf(tokenOfA()), { issuer: ISSUER })
    t.strictSame(await issuerOf(tokenOfB()), { issuer: OTHER_ISSUER })
  }
  t.strictSame(await resultOf(tokenOfB()), [200])
})

test('the list of issuers has one entry for each name, and cannot be changed', async (t) => {
  const [a, b] = [trustedIssuer('a'), trustedIssuer('b')]
  t.throws(() => new TrustedIssuers([a, b, trustedIssuer('a')]), /one name/)
  t.throws(() => new TrustedIssuers([]), /issuer is undefined/)
  const list = [a, b]
  const issuers = new TrustedIssuers(list)
  list.push(trustedIssuer('c'))
  Object.assign(b, { keys: a.keys })
  for (const name of ['c', 'A', 'a ', 'a/', ['a'], undefined, 'constructor']) {
    t.equal(issuers.find(name), undefined)
  }
  t.not(issuers.find('b')?.keys, a.keys)
  t.equal(issuers.main, issuers.find('a'))
  t.throws(() => Object.assign(issuers.main, { keys: b.keys }), TypeError)
})
