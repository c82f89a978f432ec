import { body, type Framing, framing, partial } from './bodies.ts'
import type { Random } from './random.ts'
import { type Target, target } from './targets.ts'
import type { Tokens } from './tenant.ts'

/** A request, and what the contract says of its response. */
export interface Request {
  readonly method: string
  /** One character a byte. */
  readonly bytes: string
  /** The statuses that its response may have. */
  readonly statuses: readonly number[]
  /** Whether its response ends the connection. */
  readonly ends: 'never' | 'perhaps' | 'always'
  /** Whether the whole request was sent, so that it needs a response. */
  readonly complete: boolean
  /** Whether `100 Continue` may come first. */
  readonly continues: boolean
  /** Whether the method cannot be known: a response to HEAD may then have a body. */
  readonly unreadable: boolean
  /** Whether scripts of the origin may read the response. */
  readonly originAllowed: boolean
}

/** The client's own origin; the server is configured with it. */
export const ORIGIN = 'http://localhost:4040'

/** A part of the head: its lines, and the statuses that it leads to, if it is a fault. */
interface Part {
  readonly lines: readonly string[]
  readonly fault?: readonly number[]
  /** Whether the head cannot be parsed, so that the connection ends. */
  readonly broken?: boolean
}

/** @param whole whether all of it is sent */
export function request(random: Random, tokens: Tokens, marker: string, whole = true): Request {
  const addressed = target(random, marker)
  const method = pickMethod(random, addressed)
  const version = pickVersion(random)
  const content = body(random, marker)
  const hasBody = !whole || random.chance(addressed.bodyLimit === undefined ? 8 : 85)
  const framed = pickFraming(random, hasBody, whole, content.text, marker)
  const type = contentType(random, addressed, marker)
  const authorization = pickAuthorization(random, tokens, marker)
  const origin = pickOrigin(random, method.text, marker)
  const expectation = pickExpectation(random, marker)
  const host = pickHost(random, marker, version.text)
  const connection = random.weighted<readonly string[]>([
    [80, []],
    [8, ['Connection: close']],
    [5, ['Connection: keep-alive']],
    [1, ['Connection: Keep-Alive, x-hop']],
    [1, ['connection: CLOSE, x-hop']],
    [1, ['Connection: Host, Authorization']],
  ])
  const extra = random.chance(25) ? pickExtra(random, marker) : { lines: [] }
  const parts = [method, version, host, expectation, extra]
  const lines = shuffle(random, [
    ...host.lines,
    ...authorization.lines,
    ...origin.lines,
    ...expectation.lines,
    ...connection,
    ...(type === undefined ? [] : [`Content-Type: ${type}`]),
    ...framed.lines,
  ])
  const head = [`${method.text} ${addressed.text}${version.suffix}`, ...lines, ...extra.lines]
  const bytes = `${head.join('\r\n')}\r\n\r\n${framed.sent}`

  const isBroken = parts.some((part) => part.broken) || addressed.broken === true
  const isMisframed =
    framed.kind === 'broken' || (version.text === '1.0' && framed.lines.join().includes('ransfer-'))
  const isAllowed = addressed.methods?.includes(method.text) ?? false
  const accepted = statusesOfBody(addressed, framed, content.valid, type)
  const faults = [
    ...parts.flatMap(({ fault = [] }) => fault),
    ...(isMisframed || framed.kind === 'unclear' ? [400, 413] : []),
    ...(framed.kind === 'partial' ? [408] : []),
    // Fields of more than 16 KiB; a token may be that long.
    ...(head.join('\r\n').length > 15_000 ? [431] : []),
  ]
  const found = new Set<number>(faults)
  if (addressed.undecodable) for (const status of addressed.statuses) found.add(status)
  if (origin.preflight) found.add(204)
  else if (addressed.methods === undefined)
    for (const status of addressed.statuses) found.add(status)
  else if (!isAllowed) found.add(405)
  else {
    const access = statusesOfAccess(addressed, authorization)
    for (const status of access.rejected) found.add(status)
    if (access.accepted) for (const status of accepted) found.add(status)
  }
  if (/^\w+:\/\//.test(addressed.text)) for (const status of [400, 404]) found.add(status)
  const isPlain =
    faults.length === 0 &&
    expectation.lines.length === 0 &&
    !addressed.undecodable &&
    framed.kind === 'none' &&
    version.text === '1.1'
  return {
    method: method.text,
    bytes,
    statuses: [...found].sort(),
    ends:
      isBroken || isMisframed || framed.kind === 'partial'
        ? 'always'
        : isPlain && connection.length === 0 && extra.lines.length === 0 && isReadable(addressed)
          ? 'never'
          : 'perhaps',
    complete: framed.kind !== 'partial',
    continues: expectation.lines.length > 0 && expectation.fault === undefined,
    unreadable:
      isBroken ||
      framed.kind === 'broken' ||
      framed.kind === 'unclear' ||
      addressed.undecodable === true ||
      method.fault !== undefined ||
      version.fault !== undefined ||
      faults.includes(431),
    originAllowed: origin.lines.includes(`Origin: ${ORIGIN}`),
  }
}

/** A path that cannot be decoded ends the connection, and so does a body that is missing. */
function isReadable({ text, bodyLimit }: Target): boolean {
  return bodyLimit === undefined && text.startsWith('/') && !text.includes('%')
}

function pickFraming(
  random: Random,
  hasBody: boolean,
  whole: boolean,
  text: string,
  marker: string,
): Framing {
  if (!whole) return partial(random, text)
  return hasBody ? framing(random, text, marker) : { lines: [], sent: '', kind: 'none' }
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const RARE_METHODS = ['TRACE', 'PROPFIND', 'MKCOL', 'LINK', 'SUBSCRIBE', 'PURGE', 'M-SEARCH']

function pickMethod(random: Random, { methods }: Target): Part & { readonly text: string } {
  return random.weighted<() => Part & { readonly text: string }>([
    [60, () => ({ text: random.pick(methods ?? METHODS), lines: [] })],
    [20, () => ({ text: random.pick(METHODS), lines: [] })],
    [4, () => ({ text: random.pick(RARE_METHODS), lines: [] })],
    // Only newer versions of Node know it.
    [1, () => ({ text: 'QUERY', lines: [], fault: [400] })],
    [
      3,
      () => ({
        ...BROKEN,
        text: random.pick(['JUMP', 'get', 'GE T', '', 'G\x00T', 'PRI', '\xff']),
      }),
    ],
    [1, () => ({ ...BROKEN, text: 'CONNECT' })],
    // Methods of RTSP, which Node's parser knows.
    [2, () => ({ ...BROKEN, text: random.pick(['DESCRIBE', 'FLUSH', 'PRI']) })],
  ])()
}

const BROKEN = { lines: [], fault: [400], broken: true } as const

function pickVersion(random: Random): Part & { readonly text: string; readonly suffix: string } {
  const is = (text: string, part: Part = { lines: [] }) => ({
    ...part,
    text,
    suffix: text === '' ? '' : ` HTTP/${text}`,
  })
  return random.weighted([
    [92, is('1.1')],
    [4, is('1.0', { lines: [] })],
    // Node's parser accepts them.
    [1, is(random.pick(['2.0', '0.9', '']), { lines: [], fault: [400] })],
    [1, { lines: [], fault: [400], text: '1.0', suffix: ` ${random.pick(['RTSP', 'ICE'])}/1.0` }],
    [1, is(random.pick(['1.2', '01.1', '1.1x', 'x']), BROKEN)],
  ])
}

function pickHost(random: Random, marker: string, version: string): Part {
  const bad = [
    'Host: a b',
    'Host: u@localhost',
    `Host: localhost/${marker}`,
    'Host: localhost:x',
    'Host: ,',
  ]
  const isNeeded = version !== '1.0'
  return random.weighted<Part>([
    [
      85,
      {
        lines: [
          `Host: ${random.pick(['localhost', 'localhost', 'LOCALHOST:6060', '127.0.0.1', '[::1]:6060'])}`,
        ],
      },
    ],
    [3, { lines: [`Host: ${marker}.test`], fault: [421] }],
    [2, { lines: [], ...(isNeeded && { fault: [400] }) }],
    [2, { lines: ['Host: localhost', `Host: ${marker}`], fault: [400] }],
    [1, { lines: ['Host:'], fault: [400] }],
    [3, { lines: [random.pick(bad)], fault: [400, 421] }],
  ])
}

interface Authorization extends Part {
  readonly kind: 'none' | 'good' | 'admin' | 'bad' | 'malformed'
}

function pickAuthorization(random: Random, tokens: Tokens, marker: string): Authorization {
  const scheme = random.pick(['Bearer', 'Bearer', 'bearer', 'BEARER', 'Bearer  '])
  const line = (value: string) => [`${random.pick(['Authorization', 'authorization'])}: ${value}`]
  const good = random.pick(tokens.good)
  return random.weighted<() => Authorization>([
    [20, () => ({ kind: 'none', lines: [] })],
    [20, () => ({ kind: 'good', lines: line(`${scheme} ${good}`) })],
    [30, () => ({ kind: 'admin', lines: line(`${scheme} ${random.pick(tokens.admin)}`) })],
    [15, () => ({ kind: 'bad', lines: line(`${scheme} ${random.pick(tokens.bad)}`) })],
    [2, () => ({ kind: 'bad', lines: line(`Bearer ${marker}`) })],
    [
      3,
      () => ({
        kind: 'none',
        lines: line(
          random.pick(['', 'Basic eA==', `Token ${good}`, `Bearerx ${good}`, good, marker]),
        ),
      }),
    ],
    [
      5,
      () => ({
        kind: 'malformed',
        lines: line(
          random.pick([
            'Bearer',
            'Bearer ',
            `Bearer ${good} ${good}`,
            `Bearer\t${good}`,
            `Bearer ${good},`,
            'Bearer "a"',
            `Bearer, ${good}`,
            'Bearer \xff',
            `Bearer =${good}`,
          ]),
        ),
      }),
    ],
    [
      3,
      () => ({
        kind: 'malformed',
        lines: [
          ...line(`Bearer ${good}`),
          ...line(random.pick([`Bearer ${good}`, '', 'Basic eA=='])),
        ],
      }),
    ],
  ])()
}

function statusesOfAccess({ needs }: Target, { kind }: Authorization) {
  if (needs === undefined) return { accepted: true, rejected: [] }
  if (kind === 'none' || kind === 'bad') return { accepted: false, rejected: [401] }
  if (kind === 'malformed') return { accepted: false, rejected: [400] }
  if (needs === 'admin' && kind === 'good') return { accepted: false, rejected: [403] }
  return { accepted: true, rejected: [] }
}

function statusesOfBody(
  { statuses, bodyLimit }: Target,
  framed: Framing,
  valid: boolean,
  type: string | undefined,
): readonly number[] {
  if (bodyLimit === undefined) return statuses
  const isJson = /^application\/json(; ?charset=utf-8)?$/i.test(type ?? '')
  const isAccepted = valid && isJson && bodyLimit > 100 && framed.kind === 'whole' && !framed.large
  if (isAccepted && statuses.includes(200)) return statuses
  return [...statuses, 400, 413, 415]
}

function contentType(random: Random, { bodyLimit }: Target, marker: string): string | undefined {
  if (bodyLimit === undefined && random.chance(80)) return undefined
  return random.weighted([
    [12, 'application/json'],
    [2, 'application/json; charset=utf-8'],
    [3, 'application/x-www-form-urlencoded'],
    [1, undefined],
    [
      4,
      random.pick([
        '',
        'text/plain',
        `application/${marker}`,
        'application/json;',
        'application/jsonx',
        'application/json; charset=utf-16',
        'multipart/form-data; boundary=x',
        'application/json, text/html',
        ';',
        '\xff/\xff',
        'application/json;a="',
      ]),
    ],
  ])
}

function pickOrigin(random: Random, method: string, marker: string): Part & { preflight: boolean } {
  const origin = random.pick([
    ORIGIN,
    ORIGIN,
    'null',
    `https://${marker}.test`,
    `${ORIGIN}.${marker}`,
  ])
  const asked = `Access-Control-Request-Method: ${random.pick(['GET', 'POST', marker])}`
  if (method === 'OPTIONS' && random.chance(50)) {
    const others = random.chance(50) ? [`Access-Control-Request-Headers: ${marker}`] : []
    return { lines: [`Origin: ${origin}`, asked, ...others], preflight: true }
  }
  return { lines: random.chance(30) ? [`Origin: ${origin}`] : [], preflight: false }
}

function pickExpectation(random: Random, marker: string): Part {
  return random.weighted<Part>([
    [92, { lines: [] }],
    [5, { lines: [`Expect: ${random.pick(['100-continue', '100-Continue'])}`] }],
    [
      3,
      { lines: [`Expect: ${random.pick(['', '100', marker, '100-continue, x'])}`], fault: [417] },
    ],
  ])
}

/** Lines that no other part has. */
function pickExtra(random: Random, marker: string): Part {
  const good = [
    `User-Agent: ${marker}`,
    `Cookie: messages-session=${marker}; a="b; c=${marker}`,
    `Cookie: ${'a=b; '.repeat(random.between(1, 1000))}`,
    `X-Forwarded-For: ${random.pick([marker, '1.2.3.4, 5.6.7.8', '::1', ','])}`,
    `X-Forwarded-Proto: ${random.pick(['https', marker])}`,
    `X-Forwarded-Host: ${marker}.test`,
    `Forwarded: for=${marker};host=${marker}`,
    'X-HTTP-Method-Override: DELETE',
    `X-Request-Id: ${marker}`,
    `If-None-Match: "${marker}"`,
    'Range: bytes=0-1,2-3',
    'Accept-Encoding: gzip, br',
    'Accept: text/html;q=0.1, */*;q=\xff',
    `Content-Encoding: ${random.pick(['gzip', marker])}`,
    'TE: trailers',
    `traceparent: ${marker}`,
    `DPoP: ${marker}`,
    'X-Dry-Run: 1',
    `X-${marker}: \xe4\xf6\xfc`,
    '__proto__: 1',
    'constructor: 1',
    `X-Long: ${'a'.repeat(random.between(1, 9000))}`,
    'Keep-Alive: timeout=9999',
    'Sec-Fetch-Site: cross-site',
  ]
  const bad = [
    'no colon',
    ' folded: line',
    '\tfolded',
    `X-Space : ${marker}`,
    `X-Nul: a\x00${marker}`,
    'X-Return: a\rb',
    ': no name',
    `X(${marker}): 1`,
    'X-\xff: 1',
    'X-Control: \x01',
  ]
  const upgrade = random.pick(['h2c', 'websocket', marker])
  return random.weighted<() => Part>([
    [60, () => ({ lines: Array.from({ length: random.between(1, 4) }, () => random.pick(good)) })],
    [12, () => ({ lines: [random.pick(bad)], fault: [400], broken: true })],
    [8, () => ({ lines: [`Upgrade: ${upgrade}`, 'Connection: Upgrade'] })],
    [
      4,
      () => ({
        lines: [
          `Upgrade: ${upgrade}`,
          'Connection: Upgrade, HTTP2-Settings',
          `HTTP2-Settings: ${marker}`,
        ],
      }),
    ],
    [
      4,
      () => ({
        lines: Array.from({ length: random.between(50, 3000) }, (_, i) => `a${i}:`),
        fault: [431],
      }),
    ],
    [
      4,
      () => ({
        lines: [`X-Long: ${'a'.repeat(random.between(17_000, 80_000))}`],
        fault: [431],
        broken: true,
      }),
    ],
    [3, () => ({ lines: ['X-Line-Feed: a\nX-Next: b'], fault: [400], broken: true })],
  ])()
}

function shuffle<T>(random: Random, items: readonly T[]): T[] {
  const left = [...items]
  return items.map(() => left.splice(random.between(0, left.length - 1), 1)[0] as T)
}
