import type { AddressInfo } from 'node:net'
import { test } from 'tap'
import { parseRaw, sendRaw } from '../../support/raw-http.ts'
import { dpopApp } from '../../support/tokens/dpop-app.ts'
import { boundToken, proofFor } from '../../support/tokens/proofs.ts'

test('the URL of a request behind proxies', async (t) => {
  const stripped = await dpopApp(t, { PUBLIC_URL: 'https://api.example.com/v1/' })
  const htu = 'https://api.example.com/v1/probe/protected'
  t.match(await stripped.proves({ claims: { htu } }), { status: 200 })
  t.match(await stripped.proves({}), { refusal: 'dpop_uri_mismatch' })

  const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'api.example.com' }
  const call = async (TRUST_PROXY: string, headers: Record<string, string>) => {
    const { call } = await dpopApp(t, { TRUST_PROXY, TRUST_FORWARDED_HOST: 'true' })
    const bearer = boundToken()
    const claims = { htu: 'https://api.example.com/probe/protected' }
    return call({ bearer, headers, proof: proofFor(bearer, { claims }) })
  }
  t.match(await call('127.0.0.1', forwarded), { status: 200 })
  t.match(await call('10.0.0.1', forwarded), { refusal: 'dpop_uri_mismatch' }, 'not trusted')
  for (const host of [
    'api.example.com/probe/protected?',
    'api.example.com#',
    'u@api.example.com',
  ]) {
    const headers = { ...forwarded, 'x-forwarded-host': host }
    t.match(await call('127.0.0.1', headers), { status: 400, message: 'Bad Request' }, host)
  }
  const odd = { ...forwarded, 'x-forwarded-proto': 'javascript' }
  t.match(await call('127.0.0.1', odd), { status: 400 })
})

test('a proof for one route does not fit another by a path that is written differently', async (t) => {
  const { app, call, log } = await dpopApp(t)
  app.get('/files/*', { config: { access: {} } }, () => ({}))
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  /** `inject` and `fetch` would normalize the target. */
  const send = async (target: string, host = 'localhost') => {
    const bearer = boundToken()
    const head = `GET ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n`
    const credentials = `authorization: DPoP ${bearer}\r\ndpop: ${proofFor(bearer)}\r\n\r\n`
    const { status } = parseRaw(await sendRaw(port, '127.0.0.1', head + credentials))
    return [status, status === 401 ? log.at(-1)?.['refusal'] : undefined]
  }
  const rejected = [400, undefined]
  for (const path of ['../probe/protected', '%2e%2E/probe/protected', 'x/%2e', '..']) {
    t.strictSame(await send(`/files/${path}`), rejected, path)
  }
  t.strictSame(await send('/files/..\\..\\probe\\protected'), rejected, 'backslashes')
  t.strictSame(await send('http://localhost/probe/protected'), rejected, 'absolute form')
  t.strictSame(await send('/files/a?x=/../probe/protected'), [401, 'dpop_uri_mismatch'])
  t.strictSame(await send('/files/a#/../../probe/protected'), [401, 'dpop_uri_mismatch'])
  t.strictSame(await send('/probe/protected?x=1'), [200, undefined])
  t.strictSame(await send('/probe/protected', 'localhost/probe/protected?'), rejected)
  t.match(await call({ headers: { host: 'localhost:81' } }), { refusal: 'dpop_uri_mismatch' })
})
