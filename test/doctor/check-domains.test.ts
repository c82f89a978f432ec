import { type Test, test } from 'tap'
import { diagnose } from '../../src/doctor/diagnose.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { serve } from '../support/process.ts'
import { newKey } from '../support/tokens/keys.ts'

const [ONE, OTHER] = [newKey('RS256', 'one'), newKey('ES256', 'other')]

/** A domain of a tenant; its host. */
async function domain(t: Test, keys: readonly object[]): Promise<string> {
  const origin = await serve(t, ({ url, headers: { host } }, response) => {
    const isDiscovery = url?.endsWith('openid-configuration')
    response.end(JSON.stringify(isDiscovery ? { issuer: `http://${host}/` } : { keys }))
  })
  return new URL(origin).host
}

/** The findings for several domains, by host. */
async function findingsFor(hosts: readonly string[]) {
  const findings = await diagnose([
    {
      AUTH0_DOMAIN: hosts.map((host) => `http://${host}`).join(),
      AUTH0_AUDIENCE: 'https://api.test',
      CLIENT_ORIGIN_URL: 'http://localhost:4040',
      ACCESS_TOKEN_ALGORITHMS: 'RS256,ES256',
      PORT: '0',
    },
  ])
  const named = (name: string): Finding[] => findings.filter((finding) => finding.name === name)
  return { problems: findings.filter(({ hint }) => hint !== undefined), named }
}

test('each domain is checked, and all publish the same keys', async (t) => {
  const hosts = [await domain(t, [ONE.jwk, OTHER.jwk]), await domain(t, [OTHER.jwk, ONE.jwk])]
  const { problems, named } = await findingsFor(hosts)
  t.strictSame(problems, [])
  const issuers = hosts.map((host) => `http://${host}/`).join(', ')
  t.strictSame(named('issuer'), [
    { name: 'issuer', found: `${issuers} (audience https://api.test)` },
  ])
  for (const name of ['tenant', 'clock', 'discovery', 'key set']) {
    const found = named(name).map(({ found }) => found)
    t.strictSame(
      found.map((text) => text.split(': ')[0]),
      hosts,
      name,
    )
  }
  t.match(named('one tenant'), [{ found: 'the domains publish the same keys' }])
})

test('domains with different keys are not one tenant', async (t) => {
  const same = newKey('RS256', 'one')
  for (const keys of [[same.jwk], [ONE.jwk, OTHER.jwk], [OTHER.jwk]]) {
    const hosts = [await domain(t, [ONE.jwk]), await domain(t, [ONE.jwk]), await domain(t, keys)]
    const { problems } = await findingsFor(hosts)
    const found = `${hosts[0]} and ${hosts[2]} do not publish the same keys`
    t.match(problems, [{ name: 'one tenant', found, hint: /not domains of one tenant/ }])
    t.equal(problems.length, 1)
  }
})

test('without the keys of two domains, they are not compared', async (t) => {
  const hosts = [await domain(t, []), await domain(t, [ONE.jwk])]
  const { problems, named } = await findingsFor(hosts)
  t.match(problems, [{ name: 'key set', found: `${hosts[0]}: empty` }])
  t.equal(problems.length, 1)
  t.match(named('one tenant'), [{ found: /^not checked/ }])
  const none = await findingsFor([await domain(t, []), await domain(t, [])])
  t.match(none.named('one tenant'), [{ found: /^not checked/ }])
})

test('one domain is not compared with anything', async (t) => {
  const { problems, named } = await findingsFor([await domain(t, [ONE.jwk])])
  t.strictSame([problems, named('one tenant')], [[], []])
})
