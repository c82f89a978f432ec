import { parseArgs } from 'node:util'

export const PARTS = ['startup', 'loads', 'memory', 'latency', 'processes', 'plugins'] as const
export type Part = (typeof PARTS)[number]

/** What a run measures and for how long; times in whole seconds, as wrk takes them. */
export type Options = ReturnType<typeof readOptions>

export const USAGE = `npm run bench [-- options]
  --rounds 5         interleaved rounds; start-ups and memory are measured as often
  --seconds 3        one measurement
  --warmup 1         before each measurement, not counted
  --connections 64   kept open by the load generator
  --only a,b         contestants, by name
  --loads a,b        loads, by name
  --parts a,b        of ${PARTS.join(', ')}
  --plugins          the same as --parts plugins
  --tokens n         distinct tokens for "every token new"; signed once and kept for 12 hours`

/** @throws Error where an option is unknown, or no number where one is expected */
export function readOptions(argv: readonly string[]) {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      warmup: { type: 'string', default: '1' },
      connections: { type: 'string', default: '64' },
      only: { type: 'string' },
      loads: { type: 'string' },
      parts: { type: 'string' },
      plugins: { type: 'boolean', default: false },
      tokens: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const parts: readonly string[] = values.plugins ? ['plugins'] : (list(values.parts) ?? PARTS)
  const unknown = parts.find((part) => !PARTS.some((known) => known === part))
  if (unknown !== undefined) throw new Error(`There is no part ${unknown}.\n${USAGE}`)
  const seconds = count('seconds', values.seconds)
  const warmup = count('warmup', values.warmup)
  return {
    rounds: count('rounds', values.rounds),
    seconds,
    warmup,
    connections: count('connections', values.connections),
    only: list(values.only),
    loads: list(values.loads),
    parts: PARTS.filter((part) => parts.includes(part)),
    tokens: count('tokens', values.tokens ?? String(tokensFor(parts, seconds + warmup))),
    help: values.help,
  }
}

/** More than any contestant has reached of first sights in a second. */
const NEW_TOKENS_A_SECOND = 40_000
/** What the server remembers at most, and so what the memory part sends. */
export const MOST_REMEMBERED = 100_000

function tokensFor(parts: readonly string[], seconds: number): number {
  const forLoads = parts.includes('loads') ? seconds * NEW_TOKENS_A_SECOND : 1
  return Math.max(forLoads, parts.includes('memory') ? MOST_REMEMBERED : 1)
}

function list(text: string | undefined): string[] | undefined {
  return text?.split(',').map((entry) => entry.trim())
}

function count(name: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${name} takes a whole number from 1.\n${USAGE}`)
  return Number(text)
}
