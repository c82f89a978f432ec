import { createPublicKey } from 'node:crypto'
import fc from 'fast-check'
import { compactVerify } from 'jose'
import { test } from 'tap'
import { verifySignature } from '../../src/tokens/verify-signature.ts'
import { KEY, newKey, type TestKey } from '../support/tokens/keys.ts'
import { signJws } from '../support/tokens/tokens.ts'

const publicKeyOf = ({ jwk }: TestKey) => createPublicKey({ key: jwk, format: 'jwk' })
const candidate = { kid: KEY.kid, algorithms: ['RS256'], key: publicKeyOf(KEY) }
const header = { alg: 'RS256', kid: KEY.kid }

for (const [alg, key, other] of [
  ['RS256', KEY, newKey()],
  ['ES256', newKey('ES256'), newKey('ES256')],
] as const) {
  test(`${alg} is verified as by jose: whole, changed, cut and foreign signatures`, async (t) => {
    const candidate = { kid: undefined, algorithms: [alg], key: publicKeyOf(key) }
    /** What jose says, which is the authority. */
    const byJose = (token: string) =>
      compactVerify(token, candidate.key, { algorithms: [alg] }).then(
        () => true,
        () => false,
      )
    const change = fc.record({
      at: fc.nat(2000),
      to: fc.constantFrom(...'AZaz09-_.'),
      cut: fc.option(fc.nat(400), { freq: 3 }),
      foreign: fc.boolean(),
      changed: fc.boolean(),
    })
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(fc.object(), change, async (claims, { at, to, cut, foreign, changed }) => {
        const signed = signJws({ alg }, claims, foreign ? other : key)
        const shorter = cut === null ? signed : signed.slice(0, -1 - cut)
        const index = at % shorter.length
        const token = changed ? shorter.slice(0, index) + to + shorter.slice(index + 1) : shorter
        const result = (await verifySignature(token, alg, [candidate])) === candidate
        if (result) accepted += 1
        // jose takes stray bits at the end of a segment; no such token comes this far.
        const canonical = token
          .split('.')
          .every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)
        return !canonical || result === (await byJose(token))
      }),
      { numRuns: 500 },
    )
    t.ok(accepted > 5, 'and some of them are good')
  })
}

test('the key that signed is found among several; another kind of key is a fault of ours', async (t) => {
  const token = signJws(header, { sub: 'x' })
  const stranger = { ...candidate, key: createPublicKey({ key: newKey().jwk, format: 'jwk' }) }
  t.equal(await verifySignature(token, 'RS256', [stranger, candidate]), candidate)
  t.equal(await verifySignature(token, 'RS256', [stranger]), undefined)
  const curve = { ...candidate, key: createPublicKey({ key: newKey('ES256').jwk, format: 'jwk' }) }
  t.rejects(verifySignature(token, 'RS256', [curve]), TypeError)
  const es256 = signJws({ alg: 'ES256' }, {}, newKey('ES256'))
  t.rejects(verifySignature(es256, 'ES256', [{ ...candidate, algorithms: ['ES256'] }]), TypeError)
  const ed25519 = signJws({ alg: 'Ed25519' }, {}, newKey('Ed25519'))
  const misfit = { ...candidate, algorithms: ['Ed25519'] }
  t.rejects(verifySignature(ed25519, 'Ed25519', [misfit]), {
    name: /^(JOSENotSupported|DataError|TypeError)$/,
  })
})
