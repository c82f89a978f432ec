import { BlockList, isIP } from 'node:net'
import { availableParallelism } from 'node:os'
import type { Organizations } from '../access/organizations.ts'
import { parseRedisUrl } from '../redis/redis-url.ts'
import {
  type Issuer,
  isLoopback,
  issuerOf,
  issuerUrlOf,
  originOf,
  parseUrl,
} from '../tokens/issuer.ts'
import { ASYMMETRIC_ALGORITHMS } from '../tokens/keys/jwks.ts'
import { clientOriginOf } from './client-origin.ts'
import { resourceAttributes } from './telemetry/service.ts'

/**
 * Parses the text of an environment variable, by the `format` that the schema names. Each parser
 * returns undefined for an invalid text.
 */
export const parsers = {
  tenants,
  issuer: issuerUrlOf,
  jwksUri: issuerEndpoint,
  introspectionUrl: issuerEndpoint,
  audiences,
  claim,
  claims,
  requiredClaims,
  origin: webOrigin,
  origins,
  headers,
  hosts,
  organizations,
  algorithms,
  proxies,
  secrets,
  clientSecrets,
  apis,
  redis,
  publicUrl,
  resource,
  workers,
  resourceAttributes,
  endpoint,
}

const ORGANIZATION = /^(?:([a-z0-9-]+):)?([\w.-]{1,128})$/i
const MISTAKEN = /["'“”‘’`<>\p{C}]/u
const REQUIRED_CLAIM = /^([^=]+)=(.+)$/
const CLAIM = /^(?:[^\s/][^\s]*|(?:\/(?:[^\s/~]|~[01])+)+)$/
/** A field name (RFC 9110 §5.1). `*` alone would be a wildcard of CORS. */
const HEADER = /^(?!\*$)[\w!#$%&'*+.^`|~-]{1,100}$/
const HOST = /^(\.?[\w-]+(\.[\w-]+)*|\[[\da-f:.]+\])$/i
/** A path that the router takes as it is written: no pattern of a route, and nothing to decode. */
const PLAIN_PATH = /^[\w.~/-]*$/
const FEDERATED_API = /^([\w-]{1,64})=(.+)$/
const MAX_WORKERS = 64
/** In characters. */
const MIN_SECRET_LENGTH = 32
const NAMED_NETWORKS = ['loopback', 'linklocal', 'uniquelocal']

/** The domains of one tenant, the main one first. */
function tenants(text: string): [Issuer, ...Issuer[]] | undefined {
  return parseList(text, issuerOf) as [Issuer, ...Issuer[]] | undefined
}

/** At least one identifier. Quotes, angle brackets and invisible characters are copied by mistake. */
function audiences(text: string): [string, ...string[]] | undefined {
  const entries = parseList(text, (entry) => (MISTAKEN.test(entry) ? undefined : entry))
  return entries as [string, ...string[]] | undefined
}

/** The URL of something that an issuer has: https, or http on this machine. */
function issuerEndpoint(text: string): string | undefined {
  const url = parseUrl(text)
  return url !== undefined && !/[#@]/.test(text) && isConfidential(url) ? text : undefined
}

/** The name of a claim, or a JSON Pointer (RFC 6901) into a nested one. */
function claim(text: string): string | undefined {
  return CLAIM.test(text) ? text : undefined
}

function claims(text: string): string[] | undefined {
  return parseList(text, claim)
}

/** Claims with their text, such as `token_use=access`. */
function requiredClaims(text: string): [name: string, value: string][] | undefined {
  return parseList(text, (entry) => {
    const [, name = '', value = ''] = REQUIRED_CLAIM.exec(entry) ?? []
    return CLAIM.test(name) ? [name, value] : undefined
  })
}

function origins(text: string): string[] | undefined {
  return parseList(text, clientOriginOf)
}

/** Names or addresses of hosts as a URL has them, without a port. */
function hosts(text: string): string[] | undefined {
  return parseList(text, (entry) => (HOST.test(entry) ? entry.toLowerCase() : undefined))
}

/** Names of header fields. */
function headers(text: string): string[] | undefined {
  return parseList(text, (entry) => (HEADER.test(entry) ? entry : undefined))
}

/** An https origin, or an http origin on this machine. */
function webOrigin(text: string): string | undefined {
  const origin = originOf(text)
  return origin !== undefined && isConfidential(new URL(origin)) ? origin : undefined
}

/** Whether requests to a URL are encrypted or stay on this machine. */
function isConfidential(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))
}

function secrets(text: string): string[] | undefined {
  return parseList(text, (secret) => (secret.length >= MIN_SECRET_LENGTH ? secret : undefined))
}

/** One secret or two. Secrets of Auth0 have no comma. */
function clientSecrets(text: string): string[] | undefined {
  const entries = parseList(text, (secret) => secret)
  return entries !== undefined && entries.length <= 2 ? entries : undefined
}

/** A number of processes; `auto` stands for one for each processor. */
function workers(text: string): number | undefined {
  if (text === 'auto') return Math.min(availableParallelism(), MAX_WORKERS)
  return /^[1-9]\d?$/.test(text) && Number(text) <= MAX_WORKERS ? Number(text) : undefined
}

/** A URL of a Redis server, of sentinels or of a cluster. */
function redis(text: string): string | undefined {
  return parseRedisUrl(text) && text
}

/** An http(s) URL without credentials, query and fragment; the slash at its end is removed. */
function publicUrl(text: string): string | undefined {
  const url = plainUrl(text)
  return url && `${url.origin}${url.pathname}`.replace(/(?<!\/)\/+$/, '')
}

/** An http(s) URL of an origin and a path that is a route as it is written. */
function plainUrl(text: string): URL | undefined {
  const url = parseUrl(text)
  if (url === undefined || !/^https?:$/.test(url.protocol) || /[?#@]/.test(text)) return undefined
  return PLAIN_PATH.test(url.pathname) ? url : undefined
}

/** The identifier of a resource (RFC 8707 §2). It is compared as text, so it stays as it is. */
function resource(text: string): string | undefined {
  return plainUrl(text) && text
}

function endpoint(text: string): string | undefined {
  const url = parseUrl(text)
  return url !== undefined && /^https?:$/.test(url.protocol) ? text : undefined
}

/** The URL of the API behind each connection: https, or http on this machine. */
function apis(text: string): ReadonlyMap<string, string> | undefined {
  const entries = parseList(text, (entry) => {
    const [, name = '', address = ''] = FEDERATED_API.exec(entry) ?? []
    const url = parseUrl(address)
    if (url === undefined) return undefined
    const isPlain = url.username === '' && url.password === '' && url.hash === ''
    return isPlain && isConfidential(url) ? ([name, url.href] as const) : undefined
  })
  const urls = new Map(entries)
  return urls.size === entries?.length ? urls : undefined
}

function algorithms(text: string): string[] | undefined {
  const names = parseList(text, (name) => (ASYMMETRIC_ALGORITHMS.includes(name) ? name : undefined))
  return names && [...new Set(names)]
}

function organizations(text: string): Pick<Organizations, 'known' | 'bySubdomain'> | undefined {
  const matches = parseList(text, (entry) => ORGANIZATION.exec(entry) ?? undefined)
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
 * Addresses, networks (`10.0.0.0/8`) and names of private networks. A hop count is invalid, because it
 * trusts every direct client: https://github.com/advisories/GHSA-3m5p-2c4r-xxw2.
 */
function proxies(text: string): string[] | undefined {
  return parseList(text, (entry) =>
    NAMED_NETWORKS.includes(entry) || isNetwork(entry) ? entry : undefined,
  )
}

/** The network of all addresses (`0.0.0.0/0`) is invalid: every client would be a proxy. */
function isNetwork(entry: string): boolean {
  const [address = '', prefix] = entry.split('/')
  if (prefix === undefined) return isIP(address) !== 0
  try {
    new BlockList().addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4')
    return /^[1-9]\d*$/.test(prefix)
  } catch {
    return false
  }
}

/** Parses a comma-separated list. An empty list is invalid, and so is one with an invalid entry. */
function parseList<T>(text: string, parse: (entry: string) => T | undefined): T[] | undefined {
  const values: T[] = []
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue
    const value = parse(entry)
    if (value === undefined) return undefined
    values.push(value)
  }
  return values.length > 0 ? values : undefined
}
