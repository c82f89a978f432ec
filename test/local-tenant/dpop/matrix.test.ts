import { decodeJwt } from 'jose'
import { type Test, test } from 'tap'
import { api } from '../../../src/local-tenant/directory/data.ts'
import type { ResourceServer } from '../../../src/local-tenant/directory/resource-server.ts'
import { assertDefined } from '../../../src/utils/assert-defined.ts'
import { requestBound } from '../../support/tokens/bound-tokens.ts'
import { thumbprint } from '../../support/tokens/proofs.ts'
import {
  redemption,
  requestToken,
  startTenant,
  type Values,
  visitor,
} from '../../support/visitor.ts'

type Policy = ResourceServer['proof_of_possession']
type Outcome = 'Bearer' | 'DPoP' | 'refused'

const ALLOWED: Policy = { mechanism: 'dpop', required: false }
const REQUIRED: Policy = { mechanism: 'dpop', required: true }
const OF_PUBLIC: Policy = { ...REQUIRED, required_for: 'public_clients' }
const OF_ALL: Policy = { ...REQUIRED, required_for: 'all_clients' }
const UNCHANGED: Policy = { ...ALLOWED, required_for: 'public_clients' }

/** Auth0's table (docs: Configure Sender Constraining). */
const ROWS: [requires: boolean, proof: boolean, policy: Policy | undefined, outcome: Outcome][] = [
  [false, false, null, 'Bearer'],
  [false, false, undefined, 'Bearer'],
  [false, false, ALLOWED, 'Bearer'],
  [false, false, REQUIRED, 'refused'],
  // The trap: a client with a key gets plain tokens until the API allows DPoP.
  [false, true, null, 'Bearer'],
  [false, true, undefined, 'Bearer'],
  [false, true, ALLOWED, 'DPoP'],
  [false, true, REQUIRED, 'DPoP'],
  [true, false, null, 'refused'],
  [true, false, ALLOWED, 'refused'],
  [true, false, REQUIRED, 'refused'],
  [true, true, null, 'refused'],
  [true, true, ALLOWED, 'DPoP'],
  [true, true, REQUIRED, 'DPoP'],
]

const USERINFO_ROWS: [requires: boolean, proof: boolean, outcome: Outcome][] = [
  [false, false, 'Bearer'],
  [false, true, 'DPoP'],
  [true, false, 'refused'],
  [true, true, 'DPoP'],
]

const MACHINE = { client_id: 'messages-machine', client_secret: 'messages-machine-secret' }

async function start(t: Test) {
  const { issuer, directory } = await startTenant(t)
  const { logIn, authorize } = visitor(issuer)
  await logIn('user')

  /** Sends a token request of a client, under the policies of a row, and says what came of it. */
  async function outcome(id: string, values: Values, requires: boolean, proof: boolean) {
    assertDefined(directory.clients.get(id)).requireProofOfPossession = requires
    const answer = await (proof ? requestBound(issuer, values) : requestToken(issuer, values))
    const { access_token: token, token_type: type, error } = answer.body
    if (type === undefined) return answer.status === 400 && error === 'invalid_request' && 'refused'
    const isJwt = token?.includes('.')
    const bound = isJwt ? (decodeJwt(String(token))['cnf'] as { jkt?: string })?.jkt : undefined
    if (isJwt) t.equal(bound, type === 'DPoP' ? thumbprint() : undefined, 'cnf')
    return type
  }

  return {
    setPolicy(policy: Policy | undefined) {
      const server = assertDefined(directory.api(api.identifier))
      delete server.proof_of_possession
      if (policy !== undefined) server.proof_of_possession = policy
    },
    outcome,
    issuer,
    code: async (changes: Values = {}) =>
      (await authorize({ prompt: 'none', ...changes })).answer['code'],
  }
}

function nameOf([requires, proof, policy]: (typeof ROWS)[number]): string {
  const client = requires ? 'the client requires it' : 'the client does not require it'
  return `${client}, ${proof ? 'a proof' : 'no proof'}, API: ${JSON.stringify(policy)}`
}

test('whether a token is bound depends on API, client and proof', async (t) => {
  const { setPolicy, outcome, code } = await start(t)
  for (const row of ROWS) {
    const [requires, proof, policy, expected] = row
    setPolicy(policy)
    const login = redemption(await code())
    t.equal(await outcome('messages-spa', login, requires, proof), expected, nameOf(row))
    const audience = { audience: api.identifier }
    const values = { grant_type: 'client_credentials', ...MACHINE, ...audience }
    t.equal(
      await outcome('messages-machine', values, requires, proof),
      expected,
      `client credentials: ${nameOf(row)}`,
    )
  }
})

test('tokens for /userinfo alone follow the client and the proof', async (t) => {
  const { setPolicy, outcome, code } = await start(t)
  for (const policy of [null, ALLOWED, REQUIRED]) {
    setPolicy(policy)
    for (const [requires, proof, expected] of USERINFO_ROWS) {
      const login = redemption(await code({ audience: undefined }))
      const name = `requires: ${requires}, proof: ${proof}`
      t.equal(await outcome('messages-spa', login, requires, proof), expected, name)
    }
  }
})

test('an API can require bound tokens of public clients only', async (t) => {
  const { setPolicy, outcome, code } = await start(t)
  const machine = { grant_type: 'client_credentials', ...MACHINE, audience: api.identifier }
  const cases: [Policy, spa: Outcome, machine: Outcome][] = [
    [OF_PUBLIC, 'refused', 'Bearer'],
    [OF_ALL, 'refused', 'refused'],
    [UNCHANGED, 'Bearer', 'Bearer'],
  ]
  for (const [policy, spa, service] of cases) {
    setPolicy(policy)
    const name = JSON.stringify(policy)
    const login = redemption(await code())
    t.equal(await outcome('messages-spa', login, false, false), spa, name)
    t.equal(await outcome('messages-machine', machine, false, false), service, name)
    t.equal(await outcome('messages-machine', machine, false, true), 'DPoP', name)
  }
})

test('tokens of the Management API are never bound', async (t) => {
  const { outcome, issuer } = await start(t)
  const values = {
    grant_type: 'client_credentials',
    client_id: 'local-management',
    client_secret: 'local-management-secret',
    audience: `${issuer}api/v2/`,
  }
  t.equal(await outcome('local-management', values, false, true), 'Bearer')
  t.equal(await outcome('local-management', values, true, true), 'refused')
})

test('a refused request uses up neither code nor refresh token', async (t) => {
  const { setPolicy, outcome, issuer, code } = await start(t)
  setPolicy(REQUIRED)
  const login = redemption(await code())
  t.equal(await outcome('messages-spa', login, false, false), 'refused')
  setPolicy(ALLOWED)
  const { body } = await requestToken(issuer, login)
  t.equal(body['token_type'], 'Bearer')
  const refresh = {
    grant_type: 'refresh_token',
    client_id: 'messages-spa',
    refresh_token: body['refresh_token'],
  }
  setPolicy(REQUIRED)
  t.equal(await outcome('messages-spa', refresh, false, false), 'refused')
  t.equal(await outcome('messages-spa', refresh, false, true), 'DPoP')
})

test('the policies of the data', async (t) => {
  const cases: [object, Outcome][] = [
    [{}, 'DPoP'],
    [{ proofOfPossession: null }, 'Bearer'],
    [{ proofOfPossession: { mechanism: 'dpop', required: true } }, 'DPoP'],
  ]
  for (const [policy, expected] of cases) {
    const { issuer } = await startTenant(t, {
      data: { api: { identifier: 'https://x.test', ...policy }, personas: [{ name: 'eve' }] },
    })
    const person = { grant_type: 'urn:local-tenant:grant-type:persona', persona: 'eve' }
    const { body } = await requestBound(issuer, person)
    t.equal(body['token_type'], expected, JSON.stringify(policy))
  }
  const { issuer } = await startTenant(t, {
    data: {
      api: {
        identifier: 'https://x.test',
        proofOfPossession: { mechanism: 'dpop', required: true, requiredFor: 'public_clients' },
      },
      personas: [{ name: 'eve' }],
      clients: [
        { id: 'public' },
        { id: 'machine', secret: 'x', granted: [] },
        { id: 'strict', secret: 'x', granted: [], requireProofOfPossession: true },
      ],
    },
  })
  const machine = {
    grant_type: 'client_credentials',
    client_secret: 'x',
    audience: 'https://x.test',
  }
  const plain = await requestToken(issuer, { ...machine, client_id: 'machine' })
  t.equal(plain.body['token_type'], 'Bearer')
  const strict = await requestToken(issuer, { ...machine, client_id: 'strict' })
  t.match(strict, { status: 400, body: { error: 'invalid_request' } })

  for (const proofOfPossession of [{}, { mechanism: 'mtls', required: true }, 'dpop']) {
    const data = { api: { identifier: 'x', proofOfPossession }, personas: [{ name: 'eve' }] }
    await t.rejects(startTenant(t, { data: data as never }), /proofOfPossession/)
  }
})
