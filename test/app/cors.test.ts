import fc from 'fast-check'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { type Test, test } from 'tap'
import { type TestServer, testServer } from '../../src/testing/testing.ts'
import { ORIGIN, testApp } from '../support/app.ts'
import { parseRaw, sendRaw } from '../support/raw-http.ts'

const PUBLIC = { config: { access: 'public' } } as const
const handler = () => ({ message: 'hello' })

const routes: FastifyPluginAsync = async (app) => {
  app.get('/items/:id', PUBLIC, handler)
  app.put('/items/:name', PUBLIC, handler)
  app.get('/items/new', PUBLIC, handler)
  app.delete('/files/*', PUBLIC, handler)
  app.route({ ...PUBLIC, url: '/several', method: ['POST', 'PATCH'], handler })
  app.get('/headless', { ...PUBLIC, exposeHeadRoute: false }, handler)
  app.options('/own', PUBLIC, handler)
}

const corsApp = (t: Test, environment: Record<string, string> = {}) =>
  testApp(t, { routes: [routes], environment })

/** A preflight of a browser. */
function preflight(app: FastifyInstance, url: string, headers: Record<string, string> = {}) {
  const sent = { origin: ORIGIN, 'access-control-request-method': 'PUT', ...headers }
  return app.inject({ method: 'OPTIONS', url, headers: sent })
}

/** Whether pages of an origin may read a response, and its preflight. */
async function isAllowed(app: FastifyInstance, origin: string): Promise<boolean> {
  const responses = [
    await app.inject({ url: '/headless', headers: { origin } }),
    await preflight(app, '/headless', { origin }),
    await app.inject({ url: '/%zz', headers: { origin } }),
  ]
  const values = new Set(responses.map(({ headers }) => headers['access-control-allow-origin']))
  if (responses.some(({ headers }) => headers.vary !== 'Origin')) throw new Error('Vary is missing')
  const [value, ...others] = values
  if (others.length > 0 || ![undefined, origin].includes(value))
    throw new Error(`${origin} differs`)
  return value === origin
}

test('a preflight allows the methods that are registered for the path', async (t) => {
  const { app } = await corsApp(t)
  const expected = {
    '/items/1': 'GET, HEAD, PUT',
    '/items/new': 'GET, HEAD',
    '/files/a/b': 'DELETE',
    '/several': 'PATCH, POST',
    '/headless': 'GET',
    '/own': 'OPTIONS',
    '/livez': 'GET, HEAD',
  }
  for (const [url, methods] of Object.entries(expected)) {
    const { statusCode, body, headers } = await preflight(app, url)
    t.strictSame([statusCode, body], [204, ''], url)
    t.equal(headers['access-control-allow-methods'], methods, url)
    // RFC 9110 §8.6 forbids it.
    t.notOk('content-length' in headers, url)
    const other = await app.inject({ method: 'TRACE', url })
    t.match(other, { statusCode: 405, headers: { allow: methods } }, url)
  }
})

test('at an unknown path, any method passes, so that the client reads the 404', async (t) => {
  const { app } = await corsApp(t)
  const { statusCode, headers } = await preflight(app, '/unknown')
  t.equal(statusCode, 204)
  const all = 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT'
  t.equal(headers['access-control-allow-methods'], all)
  const { statusCode: status, headers: own } = await app.inject({
    method: 'PUT',
    url: '/unknown',
    headers: { origin: ORIGIN },
  })
  t.strictSame([status, own['access-control-allow-origin']], [404, ORIGIN])
})

test('request headers of clients and tracing pass, and others that are configured', async (t) => {
  const defaults =
    'Authorization, Content-Type, DPoP, traceparent, tracestate, baggage, sentry-trace, If-Match, If-None-Match, Idempotency-Key, Accept-Language, X-Requested-With'
  const { app } = await corsApp(t)
  const { headers } = await preflight(app, '/headless')
  t.equal(headers['access-control-allow-headers'], defaults)
  const configured = await corsApp(t, { CORS_ALLOWED_HEADERS: 'X-Tenant, dpop, X-Other' })
  const { headers: more } = await preflight(configured.app, '/headless')
  t.equal(more['access-control-allow-headers'], `${defaults}, X-Tenant, X-Other`)
})

test('a preflight repeats nothing of the request but an allowed origin', async (t) => {
  const { app } = await corsApp(t)
  const { headers } = await preflight(app, '/headless', {
    'access-control-request-method': 'PLANTED',
    'access-control-request-headers': 'x-planted',
    origin: 'https://planted.test',
  })
  t.notMatch(JSON.stringify(headers), /planted/i)
  t.notOk(headers['access-control-allow-credentials'])
})

test('pages can read some response headers, and others that are configured', async (t) => {
  const { app } = await corsApp(t, { CORS_EXPOSED_HEADERS: 'X-Total-Count,etag' })
  const exposed =
    'WWW-Authenticate, Retry-After, X-Request-Id, DPoP-Nonce, ETag, Location, X-Total-Count'
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.addresses()[0] as { port: number }
  const malformed = `GET / HTTP/1.1\r\nOrigin: ${ORIGIN}\r\nBad Header: x\r\n\r\n`
  for (const raw of [
    `GET /headless HTTP/1.1\r\nHost: localhost\r\nOrigin: ${ORIGIN}\r\nConnection: close\r\n\r\n`,
    malformed,
  ]) {
    const { headers } = parseRaw(await sendRaw(port, '127.0.0.1', raw))
    t.equal(headers.get('access-control-expose-headers'), exposed)
    t.equal(headers.get('vary'), 'Origin')
  }
})

test('the origins of apps are allowed', async (t) => {
  const origins = ['capacitor://localhost', 'ionic://localhost', 'tauri://localhost']
  const environment = { CLIENT_ORIGIN_URL: `${origins.join()},http://tauri.localhost` }
  const { app } = await corsApp(t, environment)
  for (const origin of [...origins, 'http://tauri.localhost']) t.ok(await isAllowed(app, origin))
  for (const origin of [ORIGIN, 'capacitor://localhost:1', 'ionic://other', 'capacitor://', 'null'])
    t.notOk(await isAllowed(app, origin), origin)
})

const PREVIEWS = 'https://*--app.netlify.app'

test('a pattern stands for a label, or for a part of one', async (t) => {
  const environment = {
    CLIENT_ORIGIN_URL: `${PREVIEWS},https://*.app.test:8443,https://pr-*.a.test`,
  }
  const { app } = await corsApp(t, environment)
  for (const origin of [
    'https://deploy-preview-7--app.netlify.app',
    'https://x--app.netlify.app',
    'https://feature.app.test:8443',
    'https://pr-17.a.test',
  ]) {
    t.ok(await isAllowed(app, origin), origin)
  }
  for (const origin of [
    'https://--app.netlify.app',
    'http://x--app.netlify.app',
    'https://x--appXnetlify.app',
    'https://x--app.netlify.app.evil.test',
    'https://x--app.netlify.app:444',
    'https://evil.test/x--app.netlify.app',
    'https://evil.test#x--app.netlify.app',
    'https://a.x--app.netlify.app',
    'https://X--app.netlify.app',
    'https://a.b.app.test:8443',
    'https://app.test:8443',
    'https://feature.app.test',
    PREVIEWS,
  ]) {
    t.notOk(await isAllowed(app, origin), origin)
  }
})

test('whatever a pattern allows is an https origin with one more label', async (t) => {
  const { app } = await corsApp(t, { CLIENT_ORIGIN_URL: PREVIEWS })
  const text = fc.oneof(
    fc.string({ unit: 'grapheme-ascii' }),
    fc.stringMatching(/^[a-z0-9-]{1,70}$/),
  )
  await fc.assert(
    fc.asyncProperty(text, async (part) => {
      const origin = `https://${part}--app.netlify.app`
      const isLabel = /^[a-z0-9-]{1,63}$/.test(part)
      return (await isAllowed(app, origin)) === isLabel
    }),
  )
  t.pass()
})

/** The hint of the last request, with a server that may also log events. */
const lastHint = ({ log }: TestServer) => log.findLast(({ msg }) => msg === 'request')?.['hint']

test('the log says why a page cannot read a response, and names the allowed origins', async (t) => {
  const environment = { CLIENT_ORIGIN_URL: `${ORIGIN},${PREVIEWS}` }
  const server = await testServer({ routes: [routes] }, { environment })
  t.teardown(() => server.close())
  const hintFor = async (headers: Record<string, string>) => {
    await server.request('GET', '/headless', { headers })
    return lastHint(server)
  }
  const hint = await hintFor({ origin: 'https://planted.test' })
  t.match(hint, `It allows ${ORIGIN}, ${PREVIEWS}.`)
  t.match(await hintFor({ origin: 'null' }), /CLIENT_ORIGIN_URL/)
  t.notMatch(JSON.stringify(server.log), /planted/)
  for (const headers of [
    {},
    { origin: ORIGIN },
    { origin: 'https://x--app.netlify.app' },
    { origin: 'http://api.test', host: 'api.test' },
    { origin: 'https://api.test', 'sec-fetch-site': 'same-origin' },
  ]) {
    t.equal(await hintFor(headers), undefined, JSON.stringify(headers))
  }
})

test('a hint names ten origins, and in production there is none', async (t) => {
  const origins = Array.from({ length: 12 }, (_, index) => `https://app${index}.test`)
  const last = async (environment: Record<string, string>) => {
    const server = await testServer({ routes: [routes] }, { environment })
    t.teardown(() => server.close())
    await server.request('GET', '/headless', { headers: { origin: 'https://other.test' } })
    return lastHint(server)
  }
  t.match(await last({ CLIENT_ORIGIN_URL: origins.join() }), /app9\.test and 2 more\./)
  t.equal(await last({ NODE_ENV: 'production' }), undefined)
})
