import type { Random } from './random.ts'

/** How the end of a request is marked (RFC 9112 §6), and what is sent after the head. */
export interface Framing {
  readonly lines: readonly string[]
  readonly sent: string
  /**
   * `whole`: all of the body is sent. `broken`: the framing is malformed, so that the connection ends.
   * `unclear`: the server may read it or reject it, but may not keep the connection and read it otherwise.
   * `partial`: the rest of the body is never sent.
   */
  readonly kind: 'none' | 'whole' | 'broken' | 'unclear' | 'partial'
  /** The body is longer than each limit. */
  readonly large?: boolean
}

const NONE: Framing = { lines: [], sent: '', kind: 'none' }

export function body(random: Random, marker: string): { text: string; valid: boolean } {
  const texts: readonly [weight: number, text: string][] = [
    [6, '{"title":"a"}'],
    [2, '{"title":"b","tags":["x","y"]}'],
    [1, ''],
    [1, '{'],
    [1, 'null'],
    [1, '1'],
    [1, `{"title":"${marker}","${marker}":1}`],
    [1, '{"title":1,"tags":["a","a"]}'],
    [1, '{"__proto__":{"x":1},"title":"a"}'],
    [1, '{"constructor":{"prototype":{}}}'],
    [1, '{"title":"\\ud800"}'],
    [1, '{"title":"\xff\xfe"}'],
    [1, '\xef\xbb\xbf{"title":"a"}'],
    [1, `${'['.repeat(random.between(90, 2000))}`],
    [1, `{"tags":[${'"a",'.repeat(random.between(1, 500))}"b"]}`],
    [1, `_csrf=${marker}&logout_token=${marker}.e30.x`],
    [1, `logout_token=e30.e30.e30&${'a=1&'.repeat(random.between(1, 1500))}`],
    [1, `GET /${marker} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
    [1, '0\r\n\r\nGET /api/messages/admin HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    [1, 'x'.repeat(random.between(8000, 9000))],
    [1, 'x'.repeat(random.between(65_000, 66_000))],
  ]
  const text = random.weighted(texts)
  return { text, valid: text === '{"title":"a"}' || text === '{"title":"b","tags":["x","y"]}' }
}

export function framing(random: Random, text: string, marker: string): Framing {
  return random.weighted<() => Framing>([
    [20, () => ({ lines: [`Content-Length: ${text.length}`], sent: text, kind: 'whole' })],
    [12, () => chunked(random, text, marker)],
    [2, () => ({ ...NONE, lines: ['Content-Length: 0'] })],
    [2, () => ({ lines: [`content-length:   00${text.length}\t`], sent: text, kind: 'unclear' })],
    [5, () => badLength(random, text, marker)],
    [5, () => badCoding(random, text, marker)],
    [5, () => badChunks(random, text, marker)],
    [3, () => large(random)],
  ])()
}

function chunked(random: Random, text: string, marker: string): Framing {
  const extension = random.pick(['', '', ';a', `;a=${marker}`, ';a="b;c"'])
  const sizes: string[] = []
  for (let at = 0; at < text.length; ) {
    const size = random.between(1, Math.max(1, random.pick([3, 100, text.length])))
    const part = text.slice(at, at + size)
    // Single bytes of a large body would be a flood of tiny chunks.
    if (text.length > 2000 && size < 100) continue
    const hex = part.length.toString(16)
    sizes.push(`${random.pick([hex, hex.toUpperCase(), `00${hex}`])}${extension}\r\n${part}\r\n`)
    at += size
  }
  const trailer = random.pick(['', '', `X-Trailer: ${marker}\r\n`, 'Content-Length: 5\r\n'])
  const name = random.pick(['chunked', 'chunked', 'Chunked', 'CHUNKED'])
  return {
    lines: [`Transfer-Encoding: ${name}`],
    sent: `${sizes.join('')}0\r\n${trailer}\r\n`,
    kind: trailer.startsWith('Content') || extension.includes('"') ? 'unclear' : 'whole',
  }
}

function badLength(random: Random, text: string, marker: string): Framing {
  const value = random.pick([
    `+${text.length}`,
    '-1',
    '0x5',
    '5 5',
    '5,5',
    '',
    '1e3',
    '99999999999999999999999',
    '18446744073709551616',
    marker,
    '5\r\nContent-Length: 6',
    '\x0b5',
  ])
  return { lines: [`Content-Length: ${value}`], sent: text, kind: 'broken' }
}

function badCoding(random: Random, text: string, marker: string): Framing {
  const whole = `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`
  const sent = text === '' ? '0\r\n\r\n' : whole
  const broken = [
    ['Transfer-Encoding: xchunked'],
    ['Transfer-Encoding: chunked, gzip'],
    ['Transfer-Encoding: identity'],
    [`Transfer-Encoding: ${marker}`],
    ['Transfer-Encoding: chunked', `Content-Length: ${sent.length}`],
    [`Content-Length: ${sent.length}`, 'Transfer-Encoding: chunked'],
    ['Content-Length: 0', 'Transfer-Encoding: chunked'],
  ]
  const unclear = [
    ['Transfer-Encoding: gzip, chunked'],
    ['Transfer-Encoding: chunked, chunked'],
    ['Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
    ['Transfer-Encoding:\tchunked'],
    ['Transfer-Encoding: chunked;q=1'],
    ['Transfer-Encoding:'],
    ['Transfer-Encoding: \x0bchunked'],
  ]
  return random.chance(60)
    ? { lines: random.pick(broken), sent, kind: 'broken' }
    : { lines: random.pick(unclear), sent, kind: 'unclear' }
}

function badChunks(random: Random, text: string, marker: string): Framing {
  const part = text === '' ? '' : `${text.length.toString(16)}\r\n${text}\r\n`
  const end = random.pick([
    'zz\r\n',
    `${marker}\r\n`,
    '-1\r\n',
    '+1\r\na\r\n',
    '0x1\r\na\r\n',
    'fffffffffffffffff\r\n',
    '5\r\nabcdefgh\r\n',
    '1\r\nab\r\n0\r\n\r\n',
    '\r\n',
    ' \r\n',
    `1;${'a'.repeat(20_000)}\r\na\r\n0\r\n\r\n`,
    '0\r\nno colon\r\n\r\n',
    '0\r\n : x\r\n\r\n',
  ])
  return { lines: ['Transfer-Encoding: chunked'], sent: `${part}${end}`, kind: 'broken' }
}

function large(random: Random): Framing {
  const text = 'x'.repeat(random.between(70_000, 300_000))
  return random.chance(50)
    ? { lines: [`Content-Length: ${text.length}`], sent: text, kind: 'whole', large: true }
    : {
        lines: ['Transfer-Encoding: chunked'],
        sent: `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`,
        kind: 'whole',
        large: true,
      }
}

/** A body that stops before its end. */
export function partial(random: Random, text: string): Framing {
  const missing = random.between(1, 100)
  return random.pick<Framing>([
    { lines: [`Content-Length: ${text.length + missing}`], sent: text, kind: 'partial' },
    {
      lines: ['Transfer-Encoding: chunked'],
      sent: `${(text.length + missing).toString(16)}\r\n${text}`,
      kind: 'partial',
    },
    { lines: ['Transfer-Encoding: chunked'], sent: '', kind: 'partial' },
    { lines: ['Transfer-Encoding: chunked'], sent: '1\r\n{\r\n', kind: 'partial' },
  ])
}
