import type { AddressInfo } from 'node:net'
import * as client from 'openid-client'
import { test } from 'tap'
import { testApp } from '../../support/app.ts'
import { token } from '../../support/tokens/tokens.ts'

const SECRET = 'a secret of 32 characters at least'

/** A client of another vendor, which makes keys, thumbprints and proofs by itself. */
test('openid-client calls with a bound token, with and without nonces', async (t) => {
  for (const environment of [{}, { DPOP_NONCE_SECRETS: SECRET }]) {
    const { app, log } = await testApp(t, {
      environment: { DPOP: 'allowed', ...environment },
      now: Date.now,
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as AddressInfo
    const url = new URL(`http://127.0.0.1:${port}/probe/protected?a=b`)

    const config = new client.Configuration({ issuer: 'https://tenant.test/' }, 'spa')
    client.allowInsecureRequests(config)
    const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
    const now = Math.floor(Date.now() / 1000)
    const times = { iat: now, exp: now + 60 }
    const bearer = token({ ...times, cnf: { jkt: await DPoP.calculateThumbprint() } })
    const call = () =>
      client.fetchProtectedResource(config, bearer, url, 'GET', null, new Headers(), { DPoP })

    for (let round = 0; round < 50; round += 1) t.equal((await call()).status, 200)
    const refusals = log.map(({ refusal }) => refusal).filter((refusal) => refusal !== undefined)
    const expected = 'DPOP_NONCE_SECRETS' in environment ? ['dpop_nonce_missing'] : []
    t.strictSame(refusals, expected, 'at most one more request')
  }
})
