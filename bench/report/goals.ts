import type { Cell } from './figures.ts'

/** A ratio that the server is meant to reach, and why it is asked. */
export interface Goal {
  readonly of: Cell
  readonly to: Cell
  readonly atLeast: number
}

const ours = (load: string): Cell => ({ contestant: 'ours', load })
const NODE_PEERS = ['fastify-jwt-jwks', 'fastify-jwt', 'express-oauth2-jwt-bearer', 'oauth4webapi']

function against(contestant: string, load: string, atLeast: number): Goal {
  return { of: ours(load), to: { contestant, load }, atLeast }
}

export const GOALS: readonly Goal[] = [
  { of: ours('busy'), to: ours('public'), atLeast: 0.95 },
  { of: ours('live'), to: ours('public'), atLeast: 0.9 },
  against('bare', 'public', 0.6),
  against('haproxy', 'busy', 1.2),
  against('fastify-jwt-jwks', 'busy', 3),
  against('express-oauth2-jwt-bearer', 'busy', 5),
  against('flask', 'busy', 10),
  against('haproxy', 'new', 0.7),
  ...NODE_PEERS.map((peer) => against(peer, 'new', 1)),
  { of: ours('expired'), to: ours('public'), atLeast: 0.7 },
]
