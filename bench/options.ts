import { parseArgs } from 'node:util'

export const PARTS = [
  'startup',
  'loads',
  'memory',
  'latency',
  'processes',
  'plugins',
  'posts',
  'domains',
  'telemetry',
] as const
export type Part = (typeof PARTS)[number]

/** What a run measures and for how long; times in whole seconds, as wrk requires. */
export type Options = ReturnType<typeof readOptions>

export const USAGE = `npm run bench [-- options]
  --parts a,b        of ${PARTS.join(', ')} (default: all; with --against: loads)
  --plugins          the same as --parts plugins
  --loads a,b        loads, by name (default: all)
  --only a,b         targets, by name (default: all)
  --against path     A/B: compare with another build of this server (dist folder or program file)
  --rounds 5         interleaved rounds; also the repetitions of startup and memory
  --seconds 3        duration of one measurement
  --warmup 1         before each measurement, not counted
  --connections 64   kept open by the load generator
  --tokens n         distinct tokens for the load "new"; signed once and kept for 12 hours`

/** @throws Error if an option is unknown, or not a number where a number is expected */
export function readOptions(argv: readonly string[]) {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      warmup: { type: 'string', default: '1' },
      connections: { type: 'string', default: '64' },
      only: { type: 'string' },
      against: { type: 'string' },
      loads: { type: 'string' },
      parts: { type: 'string' },
      plugins: { type: 'boolean', default: false },
      tokens: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const defaultParts: readonly Part[] = values.against === undefined ? PARTS : ['loads']
  const parts: readonly string[] = values.plugins
    ? ['plugins']
    : (splitList(values.parts) ?? defaultParts)
  const unknown = parts.find((part) => !PARTS.some((known) => known === part))
  if (unknown !== undefined) throw new Error(`No part ${unknown}.\n${USAGE}`)
  const seconds = parseCount('seconds', values.seconds)
  const warmup = parseCount('warmup', values.warmup)
  return {
    rounds: parseCount('rounds', values.rounds),
    seconds,
    warmup,
    connections: parseCount('connections', values.connections),
    only: splitList(values.only),
    against: values.against,
    loads: splitList(values.loads),
    parts: PARTS.filter((part) => parts.includes(part)),
    tokens: parseCount('tokens', values.tokens ?? String(tokensFor(parts, seconds + warmup))),
    help: values.help,
  }
}

/** More new tokens per second than any target has reached. */
const MAX_NEW_TOKENS_PER_SECOND = 40_000
/** How many tokens the memory part sends. The server caches them all: it has room for about 65,000. */
export const MEMORY_TOKENS = 60_000

function tokensFor(parts: readonly string[], seconds: number): number {
  const forLoads = parts.includes('loads') ? seconds * MAX_NEW_TOKENS_PER_SECOND : 1
  return Math.max(forLoads, parts.includes('memory') ? MEMORY_TOKENS : 1)
}

function splitList(text: string | undefined): string[] | undefined {
  return text?.split(',').map((entry) => entry.trim())
}

function parseCount(name: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) {
    throw new Error(`--${name} must be a whole number of at least 1.\n${USAGE}`)
  }
  return Number(text)
}
