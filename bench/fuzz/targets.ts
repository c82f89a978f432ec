import type { Random } from './random.ts'

/** What a request may address, and how the contract answers it. */
export interface Target {
  readonly text: string
  /** The methods that the path has; undefined if the path is unknown or cannot be read. */
  readonly methods?: readonly string[]
  /** Which tokens are accepted; undefined for a public path. */
  readonly needs?: 'good' | 'admin'
  /** The statuses of an accepted request. */
  readonly statuses: readonly number[]
  /** Whether the path has bodies, with which limit. */
  readonly bodyLimit?: number
  /** Whether the request line is too long, so that the connection ends. */
  readonly broken?: boolean
  /** Whether it is 400 before anything else is looked at. */
  readonly undecodable?: boolean
}

const READ = ['GET', 'HEAD']
const PAGES = { methods: READ, statuses: [200, 303, 401] }
const LIMITED = [303, 400, 429]

const KNOWN: readonly Target[] = [
  { text: '/api/messages/public', methods: READ, statuses: [200] },
  { text: '/api/messages/protected', methods: READ, statuses: [200], needs: 'good' },
  { text: '/api/messages/admin', methods: READ, statuses: [200], needs: 'admin' },
  { text: '/livez', methods: READ, statuses: [200] },
  { text: '/readyz', methods: READ, statuses: [200] },
  { text: '/fuzz/notes', methods: ['POST'], statuses: [200], needs: 'admin', bodyLimit: 65_536 },
  { text: '/fuzz/open/1', methods: ['PUT'], statuses: [200], bodyLimit: 65_536 },
  { text: '/fuzz/small', methods: ['POST'], statuses: [200], bodyLimit: 10 },
]

const OTHERS: readonly Target[] = [
  { text: '/openapi.json', methods: READ, statuses: [200] },
  { text: '/docs', methods: READ, statuses: [308] },
  { text: '/docs/', methods: READ, statuses: [200] },
  { text: '/', ...PAGES },
  { text: '/profile', ...PAGES },
  { text: '/login', methods: ['GET'], statuses: LIMITED },
  { text: '/signup?connection=a%00b', methods: ['GET'], statuses: LIMITED },
  { text: '/callback?code=a&state=b', methods: ['GET'], statuses: [303, 400, 403] },
  { text: '/logout', methods: ['POST'], statuses: [303, 403], bodyLimit: 8192 },
  { text: '/session/token', methods: ['POST'], statuses: [401, 403], bodyLimit: 8192 },
  { text: '/backchannel-logout', methods: ['POST'], statuses: [400], bodyLimit: 8192 },
]

export function target(random: Random, marker: string): Target {
  const known = random.pick(random.chance(80) ? KNOWN : OTHERS)
  return random.weighted<() => Target>([
    [60, () => known],
    [8, () => ({ ...known, text: `${known.text}${query(random, marker, known.text)}` })],
    [4, () => absolute(random, known, marker)],
    [10, () => unknown(random, marker)],
    [4, () => undecodable(random, marker)],
    [3, () => long(random)],
    [3, () => malformed(random, marker)],
  ])()
}

function query(random: Random, marker: string, path: string): string {
  const sign = path.includes('?') ? '&' : '?'
  const parts = [
    `x=${marker}`,
    `returnTo=//${marker}.test`,
    `returnTo=/${marker}`,
    `organization=${marker}`,
    `access_token=${marker}`,
    '__proto__[x]=1',
    '%',
    '%zz=%ff',
    'a=1&a=2&a[]=3',
    `${'a=1&'.repeat(random.between(1, 2000))}`,
    '?',
    '',
  ]
  return `${sign}${random.pick(parts)}`
}

/** With the host of the request, or with another one, which is 400. */
function absolute(random: Random, known: Target, marker: string): Target {
  const host = random.pick(['localhost', 'LOCALHOST:80', `${marker}.test`, 'user@localhost', ''])
  const scheme = random.pick(['http', 'HTTP', 'https', 'ftp'])
  return {
    text: `${scheme}://${host}${known.text}`,
    ...(known.methods && { methods: known.methods }),
    ...(known.needs && { needs: known.needs }),
    ...(known.bodyLimit && { bodyLimit: known.bodyLimit }),
    // The page of the API reference is not redirected then.
    statuses: [...known.statuses, 200, 400, 404],
  }
}

function unknown(random: Random, marker: string): Target {
  const paths = [
    `/${marker}`,
    '/api/messages/public/',
    '/API/messages/public',
    '/api//messages/public',
    '/api/messages/./public',
    '/api/messages/../messages/public',
    '/api/messages/%2e%2e/admin',
    '/api/messages/public;x=1',
    '/api/messages/public%00',
    '/api/messages',
    '//localhost/api/messages/admin',
    '/\\localhost',
    '/metrics',
    '/.env',
    '/docs/../package.json',
    '/docs/%2e%2e/package.json',
    '/docs/..%5cpackage.json',
    '/*',
    '/:id',
    `/fuzz/open/1/${marker}`,
    '/constructor',
    '/__proto__',
    '/<script>',
    '/"\'`{}|^[]',
  ]
  return { text: random.pick(paths), statuses: [404] }
}

function undecodable(random: Random, marker: string): Target {
  const texts = ['/%', '/%zz', `/%2`, '/%c3%28', '/%ff', `/fuzz/open/%${marker}`, '/fuzz/open/%ff']
  return { text: random.pick(texts), statuses: [400, 404, 405], undecodable: true }
}

function long(random: Random): Target {
  const size = random.pick([99, 101, 1000, 8000, 15_000, 16_384, 17_000, 70_000])
  const start = random.pick(['/', '/fuzz/open/', '/api/messages/public?', '/%41'])
  return {
    text: `${start}${'a'.repeat(size)}`,
    statuses: [200, 400, 404, 405, 414, 415, 431],
    broken: size >= 16_384,
    undecodable: true,
  }
}

function malformed(random: Random, marker: string): Target {
  const texts = [
    '',
    'api/messages/public',
    '/a b',
    '/\t',
    '/a\x00b',
    '/a\x7fb',
    '/a\rb',
    marker,
    'http://',
    '*',
    '*livez',
    'http://localhost?/livez',
    'http://localhost',
    '?',
    '\\',
    '/\xc3\xbc',
  ]
  return { text: random.pick(texts), statuses: [400, 404, 421], undecodable: true }
}
