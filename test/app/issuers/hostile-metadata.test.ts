import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'tap'
import { serve } from '../../support/process.ts'
import { KEY } from '../../support/tokens/keys.ts'
import { signJws } from '../../support/tokens/tokens.ts'
import { ADMIN, AUDIENCE, issuer, serverFor } from './issuer.ts'

/*
 * FRONTIER D.2, the tests of discovery: redirects, loops, 50 MB. A wrong issuer and http are in
 * discovery.test.ts. The answers are 503, since the token can be neither accepted nor rejected.
 */

const MEGABYTE = 'x'.repeat(1024 * 1024)
const METADATA = '/.well-known/openid-configuration'

type Answer = (response: ServerResponse, request: IncomingMessage, origin: string) => void

/** An issuer whose answers are given by path; 404 for others. It counts requests. */
async function hostileIssuer(t: Parameters<typeof serve>[0], answers: Record<string, Answer>) {
  const requests: string[] = []
  const origin = await serve(t, (request, response) => {
    const { url = '' } = request
    requests.push(url)
    const answer = answers[url]
    if (answer === undefined) response.writeHead(404).end()
    else answer(response, request, origin)
  })
  return { name: origin, requests }
}

const redirect: Answer = (response, { url }, origin) =>
  response.writeHead(302, { location: `${origin}${url}` }).end()
const namesKeys: Answer = (response, _request, origin) =>
  response.end(JSON.stringify({ issuer: origin, jwks_uri: `${origin}/keys` }))

test('D.2: a loop of redirects ends at the first one, for metadata and for keys', async (t) => {
  const { sign } = await issuer(t)
  const atMetadata = await hostileIssuer(t, { [METADATA]: redirect })
  const first = await serverFor(t, atMetadata.name)
  t.equal(await first.settled(sign({ iss: atMetadata.name })), 503)
  t.strictSame([...new Set(atMetadata.requests)], [METADATA])
  t.ok(atMetadata.requests.length < 5, `${atMetadata.requests.length} requests`)

  const atKeys = await hostileIssuer(t, { [METADATA]: namesKeys, '/keys': redirect })
  const second = await serverFor(t, atKeys.name)
  t.equal(await second.settled(sign({ iss: atKeys.name })), 503)
  t.ok(atKeys.requests.length < 9, `${atKeys.requests.length} requests`)
})

test('D.2: metadata that names itself as the key set leads nowhere', async (t) => {
  const { sign } = await issuer(t)
  const namesItself: Answer = (response, _request, origin) =>
    response.end(JSON.stringify({ issuer: origin, jwks_uri: origin + METADATA }))
  const { name, requests } = await hostileIssuer(t, { [METADATA]: namesItself })
  const { settled } = await serverFor(t, name)
  t.equal(await settled(sign({ iss: name })), 503)
  t.ok(requests.length < 9, `${requests.length} requests`)
})

test('D.2: 50 MB of metadata or keys are not read to their end', async (t) => {
  const { sign } = await issuer(t)
  let sent = 0
  const large: Answer = async (response) => {
    for (let count = 0; count < 50 && !response.destroyed; count += 1) {
      sent += 1
      const isFull = !response.write(MEGABYTE)
      if (isFull) await new Promise((done) => response.once('drain', done).once('close', done))
    }
    response.end()
  }
  for (const answers of [{ [METADATA]: large }, { [METADATA]: namesKeys, '/keys': large }]) {
    sent = 0
    const { name, requests } = await hostileIssuer(t, answers)
    const { settled } = await serverFor(t, name)
    t.equal(await settled(sign({ iss: name })), 503)
    t.ok(requests.length > 0)
    t.ok(sent / requests.length < 25, `${sent} MB in ${requests.length} requests`)
  }
})

test('D.2: JSON with 10,000 levels is survived, in metadata and in a token', async (t) => {
  const chain = (depth: number) => `${'{"b":'.repeat(depth)}1${'}'.repeat(depth)}`
  const { sign, name } = await issuer(t)
  const { settled, status } = await serverFor(t, name, { PERMISSIONS_CLAIM: '/a/b/b,roles' })
  t.equal(await settled(sign({ roles: ['editor'] }), ADMIN), 200)
  const iat = Math.floor(Date.now() / 1000)
  const good = { iss: name, aud: AUDIENCE, sub: 'u1', iat, exp: iat + 60, roles: ['editor'] }
  const withChain = (depth: number) => {
    const claims = `${JSON.stringify(good).slice(0, -1)},"a":${chain(depth)}}`
    return signJws({ alg: 'RS256', kid: KEY.kid }, claims, KEY)
  }
  t.equal(await status(withChain(700), ADMIN), 200)
  t.equal(await status(withChain(10_000), ADMIN), 401, 'too large')

  const hostile = await issuer(t)
  hostile.replies.set(hostile.metadataPath, [200, chain(10_000)])
  const other = await serverFor(t, hostile.name)
  t.equal(await other.settled(hostile.sign({})), 503)
})
