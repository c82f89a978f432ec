/** A node, as a URL has it. */
export interface RedisNode {
  /** IPv6 addresses have no brackets. */
  readonly host: string
  readonly port: number
}

/** Several nodes: sentinels, which name the primary, or some of the nodes of a cluster. */
export interface RedisNodes {
  readonly kind: 'sentinel' | 'cluster'
  readonly nodes: readonly RedisNode[]
  readonly socket: { readonly tls: true } | { readonly tls: false }
  /** Of the Redis servers. */
  readonly credentials: { readonly username?: string; readonly password?: string }
  /** Of the sentinels, if they have their own. */
  readonly sentinelCredentials: { readonly username?: string; readonly password?: string }
  /** The name that the sentinels have for the primary; empty for a cluster. */
  readonly name: string
  readonly database: number
}

/** `redis+sentinel://user:password@host:26379,host/name/0?sentinelPassword=…`, `redis+cluster://host,host` */
const NODES =
  /^(rediss?)\+(sentinel|cluster):\/\/(?:([^@/?]*)@)?([^@/?#]+)(\/[^?#]*)?(?:\?([^#]*))?$/
const NAME = /^\/([\w.-]+)(?:\/(\d{1,4}))?\/?$/
const PORTS = { sentinel: 26_379, cluster: 6_379 }
const MAX_NODES = 32

/** @returns the server or the nodes of a URL; undefined if it is invalid */
export function parseRedisUrl(text: string): RedisNodes | { readonly url: string } | undefined {
  if (/%(?![\da-f]{2})/i.test(text)) return undefined
  return /^rediss?:/.test(text) ? parseServer(text) : parseNodes(text)
}

/** The hosts of a valid URL, without a password. */
export function redisHosts(url: string): string {
  const [, , , , hosts] = NODES.exec(url) ?? []
  return hosts ?? new URL(url).host
}

function parseServer(url: string): { readonly url: string } | undefined {
  if (!URL.canParse(url)) return undefined
  const { hostname, pathname } = new URL(url)
  return hostname !== '' && /^(\/\d*)?$/.test(pathname) ? { url } : undefined
}

function parseNodes(text: string): RedisNodes | undefined {
  const [, scheme, kind, user = '', hosts = '', path = '', query] = NODES.exec(text) ?? []
  if (kind !== 'sentinel' && kind !== 'cluster') return undefined
  const nodes = hosts.split(',').map((host) => parseNode(host, PORTS[kind]))
  const [, name = '', database = '0'] = NAME.exec(path) ?? []
  const isPathValid = kind === 'sentinel' ? name !== '' : path === '' || path === '/'
  const parameters = new URLSearchParams(query)
  const known = ['sentinelUsername', 'sentinelPassword']
  if (!isPathValid || nodes.length > MAX_NODES || !nodes.every((node) => node !== undefined)) {
    return undefined
  }
  if ([...parameters.keys()].some((key) => kind === 'cluster' || !known.includes(key)))
    return undefined
  return {
    kind,
    nodes,
    socket: scheme === 'rediss' ? { tls: true } : { tls: false },
    credentials: credentialsOf(user),
    sentinelCredentials: pick(
      parameters.get('sentinelUsername'),
      parameters.get('sentinelPassword'),
    ),
    name,
    database: Number(database),
  }
}

function parseNode(text: string, defaultPort: number): RedisNode | undefined {
  if (!/^(\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i.test(text)) return undefined
  const url = `redis://${text}`
  if (!URL.canParse(url)) return undefined
  const { hostname, port } = new URL(url)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? defaultPort : Number(port) }
}

function credentialsOf(user: string) {
  const separator = user.indexOf(':')
  if (separator < 0) return pick(user, null)
  return pick(user.slice(0, separator), user.slice(separator + 1))
}

function pick(username: string | null, password: string | null) {
  return {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
  }
}
