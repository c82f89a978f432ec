import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, type Server } from 'node:net'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { ENVIRONMENT } from '../support/app.ts'
import { serve, start } from '../support/process.ts'
import { newKey } from '../support/tokens/keys.ts'

const PROBE_PROGRAM = '../test/support/product/probe-main.ts'
const certificate = (file: string) => join(import.meta.dirname, '../support/certificates', file)
const AUTHORITY = certificate('authority.pem')

async function listen(t: Test, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

/** A tenant with a certificate of a private authority, which only a proxy can reach. */
async function network(t: Test) {
  const keys = JSON.stringify({ keys: [newKey().jwk] })
  const tls = {
    key: readFileSync(certificate('tenant.key')),
    cert: readFileSync(certificate('tenant.pem')),
  }
  const tenant = createTlsServer(tls, ({ url }, response) => {
    const discovery = JSON.stringify({ issuer: 'https://tenant.test/' })
    response.end(url?.endsWith('openid-configuration') ? discovery : keys)
  })
  const port = await listen(t, tenant)
  const asked: string[] = []
  const proxy = createServer().on('connect', ({ url = '' }, client) => {
    asked.push(url)
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.pipe(client).pipe(upstream)
    })
    for (const socket of [client, upstream]) socket.on('error', () => upstream.destroy())
    client.on('close', () => upstream.destroy())
  })
  const environment = {
    ...ENVIRONMENT,
    AUTH0_DOMAIN: 'tenant.test',
    HTTPS_PROXY: `http://user:PLANTED@127.0.0.1:${await listen(t, proxy)}`,
    NODE_EXTRA_CA_CERTS: AUTHORITY,
    PORT: '0',
    HOST: '127.0.0.1',
  }
  return { environment, asked }
}

test('the keys are fetched through a proxy, with a private certificate authority', async (t) => {
  const { environment, asked } = await network(t)
  const server = start(t, PROBE_PROGRAM, environment)
  await server.says(/"event":"keys_fetched"/)
  t.strictSame(asked, ['tenant.test:443'])
  t.notMatch(server.output, /PLANTED/)
})

test('doctor names the proxy, and what is wrong with proxy or certificate', async (t) => {
  const { environment } = await network(t)
  const run = async (changes: Record<string, string>) => {
    const doctor = start(t, 'cli/main.ts', { ...environment, ...changes }, ['doctor'])
    const { code } = await doctor.exit
    t.notMatch(doctor.output, /PLANTED/)
    return { code, text: doctor.output.stdout }
  }
  const good = await run({})
  t.match(good.text, /proxy +https requests go through 127\.0\.0\.1:\d+\n/)
  t.match(good.text, /tenant +returned 200/)
  t.equal(good.code, 0)

  const unknown = await run({ NODE_EXTRA_CA_CERTS: '' })
  t.match(unknown.text, /tenant +unreachable\n.*NODE_EXTRA_CA_CERTS/)
  t.match(unknown.text, /key set +UNABLE_TO_VERIFY_LEAF_SIGNATURE\n.*NODE_EXTRA_CA_CERTS/)

  const broken = await run({ HTTPS_PROXY: '', http_proxy: 'http://127.0.0.1:1' })
  t.match(broken.text, /Also check the proxy 127\.0\.0\.1:1 \(HTTPS_PROXY, NO_PROXY\)/)

  const without = await run({ NO_PROXY: '*' })
  t.notMatch(without.text, /proxy +https/)
  t.match(without.text, /or set HTTPS_PROXY/)
})

test('hosts in NO_PROXY and this machine are reached without a proxy', async (t) => {
  const { environment, asked } = await network(t)
  const direct = start(t, PROBE_PROGRAM, { ...environment, NO_PROXY: 'tenant.test' })
  await direct.says(/"event":"keys_fetch_failed"/)
  const keys = JSON.stringify({ keys: [newKey().jwk] })
  const local = await serve(t, (_request, response) => response.end(keys))
  const proxies = { HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1' }
  const server = start(t, PROBE_PROGRAM, { ...environment, ...proxies, AUTH0_DOMAIN: local })
  await server.says(/"event":"keys_fetched"/)
  t.strictSame(asked, [])
})

test('a proxy that is not a URL stops the start', async (t) => {
  for (const url of ['127.0.0.1:3128', 'socks5://127.0.0.1:1080']) {
    const { exit, output } = start(t, PROBE_PROGRAM, { ...ENVIRONMENT, HTTPS_PROXY: url })
    t.strictSame(await exit, { code: 1, signal: null })
    t.match(output.stderr, /HTTPS_PROXY is invalid: expected an http:\/\/ or https:\/\/ URL/)
  }
})
