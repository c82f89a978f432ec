import type { TokenFile, Tokens } from '../issuer/tokens.ts'

export const PATHS = {
  public: '/api/messages/public',
  protected: '/api/messages/protected',
  admin: '/api/messages/admin',
  notes: '/bench/notes',
} as const
export type Route = keyof typeof PATHS
/** The routes that every target has. */
export type MessageRoute = Exclude<Route, 'notes'>

/** The messages that every target sends with status 200. */
export const MESSAGES: Readonly<Record<MessageRoute, string>> = {
  public: "The API doesn't require an access token to share this message.",
  protected: 'The API successfully validated your access token.',
  admin: 'The API successfully recognized you as an admin.',
}

/** The `Host` of requests with a proof, so that the same proof is for each target. */
export const PROOF_HOST = 'api.bench'
/** Where proofs are for. */
export const PROOF_URL = `http://${PROOF_HOST}${PATHS.protected}`

/** One kind of traffic. */
export interface Load {
  readonly name: string
  readonly title: string
  readonly route: Route
  /** Sent one after the other, and again from the start; undefined for requests without a token. */
  readonly tokens: ((tokens: Tokens) => TokenFile) | undefined
  readonly status: 200 | 201 | 401 | 403
  /** The body of a POST; undefined for GET. */
  readonly body?: string
  /** Whether a measurement is invalid if a token is sent twice. */
  readonly uniqueTokens: boolean
  /** Whether the requests have the bound token and a proof each, instead of `tokens`. */
  readonly proofs?: true
  /** Names of the targets that support it; all of them if undefined. */
  readonly targets?: readonly string[]
}

/** @throws Error if there is no load with that name */
export function findLoad(name: string): Load {
  const found = [...LOADS, DOMAINS, CREATE].find((load) => load.name === name)
  if (found !== undefined) return found
  throw new Error(`No load ${name}: ${LOADS.map((load) => load.name).join(', ')}.`)
}

const common = { status: 200, uniqueTokens: false } as const

export const LOADS: readonly Load[] = [
  { ...common, name: 'public', title: 'public', route: 'public', tokens: undefined },
  { ...common, name: 'busy', title: 'one busy token', route: 'protected', tokens: (t) => t.busy },
  {
    ...common,
    name: 'live',
    title: '1,000 live tokens',
    route: 'protected',
    tokens: (t) => t.live,
  },
  {
    ...common,
    name: 'new',
    title: 'every token new',
    route: 'protected',
    tokens: (t) => t.fresh,
    uniqueTokens: true,
  },
  {
    ...common,
    name: 'expired',
    title: 'every token expired',
    route: 'protected',
    tokens: (t) => t.expired,
    status: 401,
  },
  {
    ...common,
    name: 'admin',
    title: 'admin without permission',
    route: 'admin',
    tokens: (t) => t.busy,
    status: 403,
  },
  {
    ...common,
    name: 'dpop',
    title: 'DPoP: one token, a new proof for each request (ES256)',
    route: 'protected',
    tokens: undefined,
    uniqueTokens: true,
    proofs: true,
    targets: ['ours', 'other', 'oauth4webapi', 'express-oauth2-jwt-bearer'],
  },
]

/** The load `busy` with one token of each of two domains, by turns. Only the part `domains` has it. */
export const DOMAINS: Load = {
  ...common,
  name: 'domains',
  title: 'one busy token of each domain',
  route: 'protected',
  tokens: (t) => t.domains,
}

/** A body that is validated, with a token. Only the targets of the part `posts` have the route. */
export const CREATE: Load = {
  name: 'create',
  title: 'POST with a body',
  route: 'notes',
  tokens: (t) => t.writer,
  status: 201,
  body: JSON.stringify({ title: 'A note', text: 'x'.repeat(200), tags: ['a', 'b'] }),
  uniqueTokens: false,
}
