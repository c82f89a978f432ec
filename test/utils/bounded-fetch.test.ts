import type { RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import { test } from 'tap'
import { boundedFetch } from '../../src/utils/bounded-fetch.ts'
import { serve } from '../support/process.ts'

const BOUNDS = { timeoutMs: 5_000, maxBytes: 100_000 }
const TOO_LARGE = { message: 'The response is larger than 100000 bytes' }
const TOO_DEEP = { message: 'The response has more than 100 levels' }

const answer =
  (body: string | Buffer, headers = {}, status = 200): RequestListener =>
  (_, response) =>
    void response.writeHead(status, headers).end(body)

test('a response within the bounds is returned as it is', async (t) => {
  const url = await serve(t, answer('{"a":"b"}', { 'content-type': 'application/json' }, 418))
  const response = await boundedFetch(url, BOUNDS)
  t.match(response, { status: 418, ok: false })
  t.equal(response.headers.get('content-type'), 'application/json')
  t.strictSame(await response.json(), { a: 'b' })
  const empty = await boundedFetch(await serve(t, answer('', {}, 204)), BOUNDS)
  t.strictSame([empty.status, await empty.text()], [204, ''])
})

test('a large body is an error, or cut, also after decompression', async (t) => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 'x'), { level: 1 })
  const cases: [string, RequestListener][] = [
    ['plain', answer('x'.repeat(100_001))],
    ['gzip', answer(bomb, { 'content-encoding': 'gzip' })],
    ['gzip twice', answer(gzipSync(bomb), { 'content-encoding': 'gzip, gzip' })],
    ['an error response', answer('x'.repeat(100_001), {}, 500)],
    ['without an end', (_, response) => void response.write('x'.repeat(100_001))],
  ]
  for (const [name, listener] of cases) {
    const url = await serve(t, listener)
    await t.rejects(boundedFetch(url, BOUNDS), TOO_LARGE, name)
    const cut = await boundedFetch(url, { ...BOUNDS, cuts: true })
    t.equal(await cut.text(), 'x'.repeat(100_000), name)
  }
})

test('JSON with too many levels is an error', async (t) => {
  const deep = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`
  for (const [body, expected] of [
    [deep(99), undefined],
    [deep(100), TOO_DEEP],
    [` \n\ufeff${'{"a":'.repeat(101)}`, TOO_DEEP],
    ['['.repeat(100_000), TOO_DEEP],
    [`["${'['.repeat(1_000)}","\\"${'['.repeat(1_000)}"]`, undefined],
    [`[${'[],{},'.repeat(1_000)}1]`, undefined],
    [`no JSON ${'['.repeat(1_000)}`, undefined],
  ] as const) {
    const response = boundedFetch(await serve(t, answer(body)), BOUNDS)
    if (expected === undefined) t.equal(await (await response).text(), body.replace('\ufeff', ''))
    else await t.rejects(response, expected, body.slice(0, 20))
  }
})

test('the time is bounded, for each part of a response', async (t) => {
  const hangs: RequestListener[] = [
    () => {},
    (_, response) => void response.writeHead(200).flushHeaders(),
    (_, response) => {
      const drip = setInterval(() => response.write('x'), 10)
      response.on('close', () => clearInterval(drip))
    },
  ]
  for (const listener of hangs) {
    const url = await serve(t, listener)
    const response = boundedFetch(url, { ...BOUNDS, timeoutMs: 200 })
    await t.rejects(response, { name: 'TimeoutError' })
  }
})

test('redirects are errors, unless the caller says otherwise', async (t) => {
  const url = await serve(t, answer('', { location: '/' }, 302))
  await t.rejects(boundedFetch(url, BOUNDS), { message: 'fetch failed' })
  t.equal((await boundedFetch(url, BOUNDS, { redirect: 'manual' })).status, 302)
})
