import * as oauth from 'oauth4webapi'
import { test } from 'tap'
import { testApp } from '../support/app.ts'
import { ADMIN, PERMISSION, PROTECTED } from '../support/probe-routes.ts'
import { boundToken, proofFor } from '../support/tokens/proofs.ts'
import { token } from '../support/tokens/tokens.ts'
import { parseChallenges } from './challenge-parser.ts'

/** The challenges as a client of another vendor reads them. */
async function parsedByClient(status: number, value: string) {
  const response = new Response('{}', { status, headers: { 'www-authenticate': value } })
  const options = { [oauth.customFetch]: async () => response }
  const url = new URL('https://api.test/')
  const rejection = await oauth
    .protectedResourceRequest('token', 'GET', url, undefined, undefined, options)
    .catch((error: unknown) => error)
  if (!(rejection instanceof oauth.WWWAuthenticateChallengeError)) throw rejection
  return rejection.cause.map(({ scheme, parameters }) => ({
    scheme,
    parameters: { ...parameters },
  }))
}

const DPOP = { algs: 'ES256' }
const REALM = { realm: 'api' }
const error = (error: string) => ({ error, error_description: String })
const NONCES = { DPOP_NONCE_SECRETS: 'a secret of 32 characters at least' }
const bound = boundToken()

const CASES = [
  { name: 'no credentials', headers: {}, status: 401, bearer: {}, dpop: {} },
  {
    name: 'a token that is none',
    headers: { authorization: 'Bearer x' },
    status: 401,
    bearer: error('invalid_token'),
    dpop: {},
  },
  {
    name: 'two tokens',
    headers: { authorization: 'Bearer x y' },
    status: 400,
    bearer: error('invalid_request'),
    dpop: {},
  },
  {
    name: 'no permission',
    path: ADMIN,
    headers: { authorization: `Bearer ${token({ permissions: [] })}` },
    status: 403,
    bearer: { ...error('insufficient_scope'), scope: PERMISSION },
    dpop: {},
  },
  {
    name: 'a bound token without its proof',
    headers: { authorization: `DPoP ${bound}` },
    status: 401,
    bearer: {},
    dpop: error('invalid_dpop_proof'),
  },
  {
    name: 'a bound token as Bearer',
    headers: { authorization: `Bearer ${bound}` },
    status: 401,
    bearer: error('invalid_token'),
    dpop: {},
  },
  {
    name: 'no nonce',
    environment: NONCES,
    headers: { authorization: `DPoP ${bound}` },
    proof: true,
    status: 401,
    bearer: {},
    dpop: error('use_dpop_nonce'),
  },
]

for (const { name, path = PROTECTED, environment = {}, proof, ...expected } of CASES) {
  const { headers, status, bearer, dpop } = expected
  test(`clients read the challenges for ${name}`, async (t) => {
    for (const PUBLIC_URL of ['', 'https://api.test/v1']) {
      const url = `https://api.test/.well-known/oauth-protected-resource/v1`
      const metadata = PUBLIC_URL === '' ? {} : { resource_metadata: url }
      const { app } = await testApp(t, {
        environment: { DPOP: 'allowed', PUBLIC_URL, ...environment },
      })
      const htu = `${PUBLIC_URL || 'http://localhost:80'}${path}`
      const dpopHeader = proof === true && { dpop: proofFor(bound, { claims: { htu } }) }
      const response = await app.inject({ url: path, headers: { ...headers, ...dpopHeader } })
      t.equal(response.statusCode, status)
      const value = String(response.headers['www-authenticate'])
      const parsed = parseChallenges(value)
      t.match(parsed, [
        { scheme: 'bearer', parameters: { ...REALM, ...bearer, ...metadata } },
        { scheme: 'dpop', parameters: { ...DPOP, ...dpop, ...metadata } },
      ])
      const count = (extra: object) => 1 + Object.keys({ ...extra, ...metadata }).length
      t.strictSame(
        parsed.map(({ parameters }) => Object.keys(parameters).length),
        [count(bearer), count(dpop)],
        'nothing else is in them',
      )
      t.strictSame(await parsedByClient(status, value), parsed)
    }
  })
}

test('the strict parser rejects what is not in the grammar', async (t) => {
  t.strictSame(parseChallenges('Bearer a="\\"b", c=d, DPoP e=f'), [
    { scheme: 'bearer', parameters: { a: '"b', c: 'd' } },
    { scheme: 'dpop', parameters: { e: 'f' } },
  ])
  for (const value of ['Bearer a="b', 'a=b', 'Bearer a=b,', 'Bearer a=b c=d', 'Bearer a=b, A=c']) {
    t.throws(() => parseChallenges(value), /Not a challenge/, value)
  }
})
