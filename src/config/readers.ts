import { BlockList, isIP } from 'node:net'
import type { Organizations } from '../access/organizations.ts'
import { isLoopback, issuerOf, originOf } from '../tokens/issuer.ts'
import { ASYMMETRIC_ALGORITHMS } from '../tokens/keys/jwks.ts'

/**
 * How the text of an environment variable becomes a value, by the format that the schema names.
 * Undefined means that the text has no such value.
 */
export const readers = {
  tenant: issuerOf,
  origin: webOrigin,
  origins,
  organizations,
  algorithms,
  proxies,
  secrets,
  apis,
  redis,
}

const ORGANIZATION = /^(?:([a-z0-9-]+):)?(org_\w+)$/i
const API = /^([\w-]{1,64})=(.+)$/
const NAMED_NETWORKS = ['loopback', 'linklocal', 'uniquelocal']

function origins(text: string): string[] | undefined {
  return readAll(text, originOf)
}

/** An https origin, or http on this machine. */
function webOrigin(text: string): string | undefined {
  const origin = originOf(text)
  return origin !== undefined && isPrivate(new URL(origin)) ? origin : undefined
}

/** Whether nobody can listen in on the way to a URL. */
function isPrivate(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))
}

function secrets(text: string): string[] | undefined {
  return readAll(text, (secret) => (secret.length >= 32 ? secret : undefined))
}

/** A URL that the Redis client will take (the path is the number of a database). */
function redis(text: string): string | undefined {
  if (!URL.canParse(text) || /%(?![\da-f]{2})/i.test(text)) return undefined
  const { protocol, hostname, pathname } = new URL(text)
  const fits = /^rediss?:$/.test(protocol) && hostname !== '' && /^(\/\d*)?$/.test(pathname)
  return fits ? text : undefined
}

/** The URL to call for each connection: https, or http on this machine. */
function apis(text: string): ReadonlyMap<string, string> | undefined {
  const entries = readAll(text, (entry) => {
    const [, name = '', address = ''] = API.exec(entry) ?? []
    if (!URL.canParse(address)) return undefined
    const url = new URL(address)
    const bare = url.username === '' && url.password === '' && url.hash === ''
    return bare && isPrivate(url) ? ([name, url.href] as const) : undefined
  })
  const read = new Map(entries)
  return read.size === entries?.length ? read : undefined
}

function algorithms(text: string): string[] | undefined {
  return readAll(text, (name) => (ASYMMETRIC_ALGORITHMS.includes(name) ? name : undefined))
}

function organizations(text: string): Pick<Organizations, 'known' | 'bySubdomain'> | undefined {
  const matches = readAll(text, (entry) => ORGANIZATION.exec(entry) ?? undefined)
  if (matches === undefined) return undefined
  const known = new Set<string>()
  const bySubdomain = new Map<string, string>()
  for (const [, subdomain, id = ''] of matches) {
    known.add(id)
    if (subdomain === undefined) continue
    if (bySubdomain.has(subdomain.toLowerCase())) return undefined
    bySubdomain.set(subdomain.toLowerCase(), id)
  }
  return { known, bySubdomain }
}

/**
 * A hop count, or addresses, networks (`10.0.0.0/8`) and names of private networks. Fastify trusts
 * nobody when it is given a bare number, hence the function.
 */
function proxies(text: string): ((address: string, hop: number) => boolean) | string[] | undefined {
  if (/^\d{1,2}$/.test(text)) return (_address, hop) => hop < Number(text)
  return readAll(text, (entry) =>
    NAMED_NETWORKS.includes(entry) || isNetwork(entry) ? entry : undefined,
  )
}

function isNetwork(entry: string): boolean {
  const [address = '', prefix] = entry.split('/')
  if (prefix === undefined) return isIP(address) !== 0
  try {
    new BlockList().addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4')
    return /^\d+$/.test(prefix)
  } catch {
    return false
  }
}

/** Every entry of a list, read; undefined where there is none or where one cannot be read. */
function readAll<T>(text: string, read: (entry: string) => T | undefined): T[] | undefined {
  const values: T[] = []
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue
    const value = read(entry)
    if (value === undefined) return undefined
    values.push(value)
  }
  return values.length > 0 ? values : undefined
}
