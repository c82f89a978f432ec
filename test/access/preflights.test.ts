import { test } from 'tap'
import { ORIGIN, testApp } from '../support/app.ts'
import { ADMIN, PROTECTED, PUBLIC } from '../support/probe-routes.ts'
import { boundToken, proofFor } from '../support/tokens/proofs.ts'
import { token } from '../support/tokens/tokens.ts'

const [BEARER, TYPED, TYPE, DPOP, TYPED_DPOP] = [
  'authorization',
  'authorization,content-type',
  'content-type',
  'authorization,dpop',
  'authorization,content-type,dpop',
] as const

/**
 * What Chromium 156 sends for the calls of these clients, recorded with axios 0.27.2 and 1.21.1, Angular
 * 18, ky and fetch. Auth0's samples set `Content-Type` for each call. axios removes it if there is no
 * body, so that its preflights name only `authorization`.
 */
const CLIENTS = [
  { client: 'axios', accept: 'application/json, text/plain, */*', preflights: [BEARER, DPOP] },
  {
    client: 'axios with data',
    accept: 'application/json, text/plain, */*',
    preflights: [TYPED, TYPE, TYPED_DPOP],
  },
  {
    client: 'HttpClient of Angular',
    accept: 'application/json, text/plain, */*',
    preflights: [BEARER, TYPED, TYPE, DPOP],
  },
  { client: 'ky', accept: 'application/json', preflights: [BEARER, TYPED, TYPE, DPOP] },
  { client: 'fetch', accept: '*/*', preflights: [BEARER, TYPED, TYPE, DPOP] },
]

/** Chromium's further headers of a preflight. */
const PREFLIGHT = {
  accept: '*/*',
  'access-control-request-method': 'GET',
  origin: ORIGIN,
  'sec-fetch-mode': 'cors',
  'sec-fetch-site': 'same-site',
  'sec-fetch-dest': 'empty',
  referer: `${ORIGIN}/`,
  'accept-encoding': 'gzip, deflate, br, zstd',
  'accept-language': 'en-US,en;q=0.9',
}

const SHARED = {
  'access-control-allow-origin': ORIGIN,
  'access-control-expose-headers':
    'WWW-Authenticate, Retry-After, X-Request-Id, DPoP-Nonce, ETag, Location',
  vary: 'Origin',
}
const ALLOWED = {
  ...SHARED,
  'access-control-allow-headers':
    'Authorization, Content-Type, DPoP, traceparent, tracestate, baggage, sentry-trace, If-Match, If-None-Match, Idempotency-Key, Accept-Language, X-Requested-With',
  'access-control-allow-methods': 'GET, HEAD',
  'access-control-max-age': '86400',
}

/** The headers of a response that a browser reads for CORS. */
const corsHeaders = (headers: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) => /^access-control-|^vary$/.test(name)),
  )

/** The same names as other browsers write them: reversed with spaces, and as the page wrote them. */
function spellings(names: string): string[] {
  const list = names.split(',')
  const written = { authorization: 'Authorization', 'content-type': 'Content-Type', dpop: 'DPoP' }
  return [
    names,
    list.toReversed().join(', '),
    list.map((name) => written[name as keyof typeof written]).join(','),
  ]
}

for (const { client, accept, preflights } of CLIENTS) {
  test(`${client}: preflights pass, with the same headers for each spelling`, async (t) => {
    const { app } = await testApp(t)
    for (const names of preflights.flatMap(spellings)) {
      for (const url of [PUBLIC, PROTECTED, ADMIN]) {
        const sent = { ...PREFLIGHT, 'access-control-request-headers': names }
        const response = await app.inject({ method: 'OPTIONS', url, headers: sent })
        t.strictSame([response.statusCode, response.body], [204, ''], `${url}: ${names}`)
        t.strictSame(corsHeaders(response.headers), ALLOWED, `${url}: ${names}`)
      }
    }
  })

  test(`${client}: pages can read each response`, async (t) => {
    const { app } = await testApp(t, { environment: { DPOP: 'allowed' } })
    const page = { origin: ORIGIN, accept, 'content-type': 'application/json' }
    const bound = boundToken()
    const bearer = { authorization: `Bearer ${token()}` }
    const dpop = { authorization: `DPoP ${bound}`, dpop: proofFor(bound) }
    for (const [url, headers, expected] of [
      [PUBLIC, {}, 200],
      [PROTECTED, {}, 401],
      [PROTECTED, bearer, 200],
      [ADMIN, { authorization: `Bearer ${token({ permissions: [] })}` }, 403],
      [PROTECTED, dpop, 200],
      [PROTECTED, { ...bearer, dpop: dpop.dpop }, 200],
      [PROTECTED, { authorization: `DPoP ${bound}` }, 401],
    ] as const) {
      const response = await app.inject({ url, headers: { ...page, ...headers } })
      t.equal(response.statusCode, expected)
      t.strictSame(corsHeaders(response.headers), SHARED)
      t.match(response.headers['content-type'], 'application/json')
    }
  })
}
