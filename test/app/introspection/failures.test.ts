import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { test } from 'tap'
import { KeySets } from '../../../src/tokens/issuers/key-sets.ts'
import { serve, start } from '../../support/process.ts'
import {
  activeNow,
  CLIENT,
  endpoint,
  environmentOf,
  introspectingApp,
  JSON_TYPE,
  outcomeOf,
  type Respond,
  verifierFor,
} from './endpoint.ts'

const GOOD = JSON.stringify(activeNow())

test('E.1: a response that is not one is 503, never 401, and nothing is followed', async (t) => {
  const issuer = await endpoint(t)
  const stolen: (string | undefined)[] = []
  const thief = await serve(t, ({ headers }, response) => {
    stolen.push(headers.authorization)
    response.writeHead(200, JSON_TYPE).end(GOOD)
  })
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '), { level: 1 })
  const gzip = { ...JSON_TYPE, 'content-encoding': 'gzip' }
  const large = `${GOOD.slice(0, -1)},"x":"${'x'.repeat(1024 * 1024)}"}`
  const deep = `${GOOD.slice(0, -1)},"x":${'['.repeat(1_000)}${']'.repeat(1_000)}}`
  const jwt = { 'content-type': 'application/token-introspection+jwt' }
  const cases: [name: string, respond: Respond][] = [
    ['html', (r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<p>Log in</p>')],
    ['html-as-json', (r) => r.writeHead(200, JSON_TYPE).end('<p>Log in</p>')],
    ['json-as-text', (r) => r.writeHead(200, { 'content-type': 'text/plain' }).end(GOOD)],
    ['no-type', (r) => r.writeHead(200).end(GOOD)],
    ['a-signed-response', (r) => r.writeHead(200, jwt).end(GOOD)],
    ['204', (r) => r.writeHead(204).end()],
    ['201', (r) => r.writeHead(201, JSON_TYPE).end(GOOD)],
    ['empty', (r) => r.writeHead(200, JSON_TYPE).end()],
    ['1-mb', (r) => r.writeHead(200, JSON_TYPE).end(large)],
    ['gzip-bomb', (r) => r.writeHead(200, gzip).end(bomb)],
    ['too-deep', (r) => r.writeHead(200, JSON_TYPE).end(deep)],
    ['redirect', (r) => r.writeHead(302, { location: `${thief}/` }).end()],
    ['redirect-with-the-body', (r) => r.writeHead(307, { location: `${thief}/` }).end()],
    ['reset', (r) => r.destroy()],
    [
      'cut-off',
      (r) =>
        r.writeHead(200, { ...JSON_TYPE, 'content-length': 999 }).write(GOOD, () => r.destroy()),
    ],
    ['400', (r) => r.writeHead(400, JSON_TYPE).end('{"error":"invalid_request"}')],
    ['401', (r) => r.writeHead(401).end()],
    ['403', (r) => r.writeHead(403).end()],
    ['404', (r) => r.writeHead(404).end()],
    ['429', (r) => r.writeHead(429).end()],
    ['500', (r) => r.writeHead(500).end(GOOD)],
  ]
  for (const [name, respond] of cases) {
    const { call, log } = await introspectingApp(t, issuer)
    issuer.tokens.set(name, respond)
    const { status, message, headers } = await call('/probe/protected', name)
    t.equal(status, 503, name)
    t.equal(message, 'Unable to verify credentials', name)
    t.equal(headers['retry-after'], name === '400' ? '5' : '1', name)
    t.equal(headers['www-authenticate'], undefined, name)
    t.equal(log.at(-1)?.['refusal'], 'introspection_unavailable', name)
    t.notMatch(JSON.stringify(log), /opaque|Log in|u1/, 'no text of the response')
  }
  t.strictSame(stolen, [])
})

test('E.1: a slow endpoint is 503 after 2 s, in its head and in its body', async (t) => {
  const issuer = await endpoint(t)
  const { verifier } = verifierFor(issuer.url, { ms: 0 }, { endpoint: { ...CLIENT, ...issuer } })
  issuer.tokens.set('head', () => {})
  issuer.tokens.set('body', (response: ServerResponse) =>
    response.writeHead(200, JSON_TYPE).write('{'),
  )
  const began = performance.now()
  const outcomes = await Promise.all(
    ['head', 'body'].map((name) => outcomeOf(verifier.verify(name))),
  )
  t.strictSame(outcomes, ['introspection_unavailable', 'introspection_unavailable'])
  const duration = performance.now() - began
  t.ok(duration > 1_900 && duration < 30_000, `${duration} ms`)
})

test('E.1: without the endpoint, cached tokens are accepted until their age, and others are 503', async (t) => {
  const issuer = await endpoint(t)
  const { status, clock } = await introspectingApp(t, issuer)
  issuer.tokens.set('warm', activeNow())
  issuer.tokens.set('cold', activeNow())
  t.equal(await status('warm'), 200)
  issuer.answer = (response: ServerResponse) => response.writeHead(500).end()
  t.equal(await status('warm'), 200)
  t.equal(await status('cold'), 503)
  clock.ms = 60_000
  t.equal(await status('warm'), 503, 'never longer, and never 401')
  issuer.answer = undefined
  t.equal(await status('warm'), 200)
  t.equal(await status('cold'), 200)
  t.equal(await status('', '/probe/public'), 200)
})

test('a hanging endpoint does not stop the process from ending', async (t) => {
  const issuer = await endpoint(t)
  const isCalled = new Promise<void>((resolve) => {
    issuer.answer = () => resolve()
  })
  const program = start(t, 'main.ts', {
    ...environmentOf(issuer.url),
    ...{ PORT: '0', HOST: '127.0.0.1', DRAIN_TIME: '0' },
  })
  const [, origin] = await program.says(/listening at (http:[^"]+)/)
  const headers = { authorization: 'Bearer PLANTED-token' }
  const url = `${origin}/api/messages/protected`
  const status = fetch(url, { headers }).then(({ status }) => status)
  await isCalled
  const began = performance.now()
  program.kill('SIGTERM')
  t.equal(await status, 503, 'the request in flight gets its response')
  t.strictSame(await program.exit, { code: 0, signal: null })
  t.ok(performance.now() - began < 20_000)
  t.notMatch(JSON.stringify(program.output), /PLANTED|the secret/)
})

test('without an issuer that has keys, nothing waits for keys', async (t) => {
  const keySets = new KeySets([], {
    ...{ algorithms: ['RS256'], maxAge: 1, staleIfError: 1, timeout: 1 },
    now: () => 0,
    onEvent: () => t.fail('nothing is fetched'),
  })
  keySets.start()
  await keySets.available
  t.ok(keySets.ready)
  keySets.stop()
})
