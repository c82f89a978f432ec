import { type Test, test } from 'tap'
import { KeySets } from '../../../src/tokens/issuers/key-sets.ts'
import { testApp } from '../../support/app.ts'
import { serve } from '../../support/process.ts'
import { KEY, newKey } from '../../support/tokens/keys.ts'
import { token } from '../../support/tokens/tokens.ts'

const PROTECTED = '/probe/protected'
const NEXT = newKey('RS256', 'next')
const MINUTE = 60_000

/** A key set that counts how often it is fetched. */
async function published(t: Test) {
  const state = { keys: [KEY.jwk], fetches: 0 }
  const origin = await serve(t, (_request, response) => {
    state.fetches += 1
    response.end(JSON.stringify({ keys: state.keys }))
  })
  return Object.assign(state, { issuer: `${origin}/`, jwksUrl: origin })
}

test('D.1 test 6: unknown key ids of one issuer do not use up the cooldown of another', async (t) => {
  const [a, b] = [await published(t), await published(t)]
  const clock = { ms: 0 }
  const keySets = new KeySets([a, b], {
    algorithms: ['RS256'],
    now: () => clock.ms,
    maxAge: 10 * MINUTE,
    staleIfError: 24 * 60 * MINUTE,
    timeout: 10_000,
    onEvent: () => {},
  })
  t.teardown(() => keySets.stop())
  const { call } = await testApp(t, {
    environment: { AUTH0_DOMAIN: `${a.issuer},${b.issuer}` },
    keysByIssuer: Object.fromEntries(keySets.byIssuer),
  })
  const status = async (iss: string, key = KEY, header = {}) =>
    (await call(PROTECTED, token({ iss }, header, key))).status
  t.strictSame([await status(a.issuer), await status(b.issuer)], [200, 200])
  clock.ms += MINUTE
  const storm = Array.from({ length: 1_000 }, (_, number) =>
    status(b.issuer, KEY, { kid: `made-up-${number}` }),
  )
  t.ok((await Promise.all(storm)).every((code) => code === 401))
  t.strictSame([a.fetches, b.fetches], [1, 2], 'one fetch, of the issuer that it was for')
  for (const tenant of [a, b]) tenant.keys = [NEXT.jwk]
  t.equal(await status(a.issuer, NEXT), 200, 'the new key is fetched at once')
  t.equal(await status(b.issuer, NEXT), 401, 'its own cooldown')
  t.strictSame([a.fetches, b.fetches], [2, 2])
})
