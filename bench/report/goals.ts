import type { Cell } from './load-statistics.ts'

/** A ratio of throughputs that the server should reach. */
export interface Goal {
  readonly of: Cell
  readonly to: Cell
  readonly atLeast: number
}

const ours = (load: string): Cell => ({ target: 'ours', load })
const NODE_PEERS = ['fastify-jwt-jwks', 'fastify-jwt', 'express-oauth2-jwt-bearer', 'oauth4webapi']

function comparedWith(target: string, load: string, atLeast: number): Goal {
  return { of: ours(load), to: { target, load }, atLeast }
}

export const GOALS: readonly Goal[] = [
  { of: ours('busy'), to: ours('public'), atLeast: 0.9 },
  { of: ours('live'), to: ours('public'), atLeast: 0.9 },
  comparedWith('bare', 'public', 0.65),
  comparedWith('haproxy', 'busy', 1.3),
  comparedWith('fastify-jwt-jwks', 'busy', 3),
  comparedWith('express-oauth2-jwt-bearer', 'busy', 5),
  { of: { target: 'workers', load: 'busy' }, to: { target: 'flask', load: 'busy' }, atLeast: 10 },
  comparedWith('haproxy', 'new', 0.8),
  ...NODE_PEERS.map((peer) => comparedWith(peer, 'new', 1)),
  comparedWith('oauth4webapi', 'dpop', 1.5),
  comparedWith('express-oauth2-jwt-bearer', 'dpop', 3),
  { of: ours('expired'), to: ours('public'), atLeast: 0.75 },
]
