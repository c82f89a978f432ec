import { type Test, test } from 'tap'
import { loadConfig } from '../../src/config/load-config.ts'
import { explain, serverContext } from '../../src/explain/explanation.ts'
import { extractProof, extractToken, namesDpopScheme } from '../../src/explain/extract-token.ts'
import { ENVIRONMENT, testApp } from '../support/app.ts'
import { newKey } from '../support/tokens/keys.ts'
import {
  boundToken,
  CLIENT_KEY,
  type ProofChanges,
  proofFor,
  publicJwk,
} from '../support/tokens/proofs.ts'
import { NOW, token } from '../support/tokens/tokens.ts'

const ROUTE = '/probe/protected'

/** Lets a server decide about a token with a proof, and explains the result. */
async function explainer(t: Test, variables: Record<string, string> = {}) {
  const organizations = { AUTH0_ORGANIZATIONS: 'org_acme', ORGANIZATION_REQUIRED: 'false' }
  const environment = { DPOP: 'allowed', ...organizations, ...variables }
  const { app, log } = await testApp(t, { environment })
  const { config } = loadConfig(ENVIRONMENT, environment)
  await app.ready()
  return {
    app,
    log,
    async run(proof: string | undefined, bearer = boundToken(), host = 'localhost') {
      const headers = { host, authorization: `DPoP ${bearer}`, ...(proof && { dpop: proof }) }
      const answer = await app.dryRun({ method: 'GET', url: ROUTE, headers })
      const context = { ...serverContext(config), host, now: NOW }
      const explained = { text: proof, inspection: answer.proof }
      const explanation = explain(bearer, answer, {}, { ...context, proof: explained })
      const named = (outcome: string) =>
        explanation.checks.filter((check) => check.outcome === outcome).map(({ name }) => name)
      const failed = explanation.checks.find(({ outcome }) => outcome === 'failed')
      return { ...explanation, failed, named }
    },
  }
}

const PROOF_CHECKS = [
  ...['proof', 'proof typ', 'proof alg', 'proof key', 'proof claims', 'htm', 'htu', 'ath'],
  ...['thumbprint', 'proof time', 'proof signature'],
]

test('a proof that is accepted: each check is listed, and the proof can still be used', async (t) => {
  const { app, run } = await explainer(t)
  const bearer = boundToken()
  const proof = proofFor(bearer)
  for (let round = 0; round < 2; round += 1) {
    const { result, checks } = await run(proof, bearer)
    t.equal(result, 'accepted')
    t.strictSame(
      checks.filter(({ name }) => PROOF_CHECKS.includes(name)).map(({ name }) => name),
      PROOF_CHECKS,
    )
    t.ok(checks.every(({ outcome }) => outcome === 'passed'))
    t.notMatch(JSON.stringify(checks), proof.split('.')[2])
  }
  const headers = { authorization: `DPoP ${bearer}`, dpop: proof }
  t.equal((await app.inject({ url: ROUTE, headers })).statusCode, 200)
})

test('the first check that fails is the reason, and others are listed too', async (t) => {
  const { run } = await explainer(t)
  const bearer = boundToken({ org_id: 'org_other' })
  const other = newKey('ES256')
  const claims = { htm: 'POST', htu: 'https://x.test/y', iat: NOW - 100, ath: 'x' }
  const all = await run(proofFor(bearer, { claims, key: other }), bearer)
  t.match(all, { result: 'refused', code: 'dpop_method_mismatch' })
  t.strictSame(all.named('failed'), [
    ...['htm', 'htu', 'ath', 'thumbprint', 'proof time'],
    'organization',
  ])
  const cases: Record<string, [code: string, name: string, proof: string | undefined]> = {
    missing: ['dpop_proof_missing', 'proof', undefined],
    text: ['dpop_proof_malformed', 'proof', 'x'],
    typ: ['dpop_header_malformed', 'proof typ', proofFor(bearer, { header: { typ: 'JWT' } })],
    alg: ['dpop_algorithm_not_allowed', 'proof alg', proofFor(bearer, { header: { alg: 'x' } })],
    key: ['dpop_key_malformed', 'proof key', proofFor(bearer, { header: { jwk: undefined } })],
    claims: ['dpop_claims_malformed', 'proof claims', proofFor(bearer, { claims: { iat: 'x' } })],
    iat: ['dpop_proof_in_future', 'proof time', proofFor(bearer, { claims: { iat: NOW + 99 } })],
    signature: [
      'dpop_signature_invalid',
      'proof signature',
      proofFor(bearer, { key: other, header: { jwk: publicJwk(CLIENT_KEY) } }),
    ],
  }
  for (const [title, [code, name, proof]] of Object.entries(cases)) {
    const { failed, advice, ...explanation } = await run(proof, bearer)
    t.match(explanation, { result: 'refused', code }, title)
    t.match(failed, { name, code, advice }, title)
    const before = explanation.checks.findIndex((check) => check.name === name)
    t.ok(explanation.checks.slice(0, before).every(({ outcome }) => outcome === 'passed'))
    const isRead = PROOF_CHECKS.indexOf(name) > 4
    t.equal(explanation.named('not checked').includes('htm'), !isRead, title)
  }
})

test('the token is checked before the proof', async (t) => {
  const { run } = await explainer(t)
  const expired = boundToken({ exp: NOW - 100 })
  const explanation = await run(proofFor(expired), expired)
  t.match(explanation, { code: 'token_expired', failed: { name: 'times' } })
  t.ok(PROOF_CHECKS.every((name) => explanation.named('not checked').includes(name as never)))
  const plain = await run(proofFor(token()), token())
  t.match(plain, {
    code: 'token_not_bound',
    failed: { name: 'binding', advice: /allow DPoP in Applications.*issues plain tokens/ },
  })
})

test('the URL that the server expects, and which variable is missing', async (t) => {
  const { run } = await explainer(t)
  const advice = async (htu: string, host?: string) => {
    const explanation = await run(proofFor(boundToken(), { claims: { htu } }), undefined, host)
    t.match(explanation, { code: 'dpop_uri_mismatch', failed: { name: 'htu' } }, htu)
    return String(explanation.advice)
  }
  const tls = await advice(`https://localhost${ROUTE}`)
  t.match(tls, /expects http:\/\/localhost\/probe\/protected: TLS ends at a proxy/)
  t.match(tls, /PUBLIC_URL=https:\/\/localhost, or TRUST_PROXY/)
  t.match(
    await advice(`https://api.test/v1${ROUTE}`, 'api.test'),
    /removes a part of the path.*PUBLIC_URL .*https:\/\/api\.test\/v1$/,
  )
  t.match(await advice(`http://api.test${ROUTE}`), /changes Host.*PUBLIC_URL=http:\/\/api\.test/)
  t.match(await advice(`http://localhost:81${ROUTE}`), /or a port differs/)
  t.match(await advice('/probe/protected'), /not an http\(s\) URL/)
  t.match(await advice('http://localhost/other'), /htu must be the URL of this request/)
})

test('nonces are checked in the place of the time', async (t) => {
  const { run } = await explainer(t, { DPOP_NONCE_SECRETS: 'a secret of 32 characters at least' })
  const proves = (changes: ProofChanges) => run(proofFor(boundToken(), changes))
  t.match(await proves({}), {
    code: 'dpop_nonce_missing',
    failed: { name: 'proof time', found: 'iat 0 s ago, no nonce' },
  })
  t.match(await proves({ claims: { nonce: 'x', iat: NOW + 5 } }), {
    code: 'dpop_nonce_invalid',
    failed: { found: 'iat 5 s in the future, a nonce' },
  })
})

test('a proof and its scheme are found in pasted text', async (t) => {
  t.equal(extractProof(' "DPoP: a.b\n .c" '), 'a.b.c')
  t.equal(extractToken('Authorization: DPoP a.b.c'), 'a.b.c')
  for (const text of ['DPoP a.b.c', "'authorization: dpop a'"]) t.ok(namesDpopScheme(text), text)
  for (const text of ['Bearer a', 'dpopx', 'a.b.c']) t.notOk(namesDpopScheme(text), text)
})
