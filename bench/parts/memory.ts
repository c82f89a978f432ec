import { setTimeout as sleep } from 'node:timers/promises'
import { launchOurs, ours } from '../contestants/node.ts'
import { residentBytes } from '../contestants/processes.ts'
import { type Running, start } from '../contestants/running.ts'
import { differenceIn } from '../contestants/trial.ts'
import { requestOf } from '../load/connection.ts'
import { PATHS } from '../load/loads.ts'
import { sendEach } from '../load/paced.ts'
import { MOST_REMEMBERED } from '../options.ts'
import { median } from '../report/statistics.ts'
import { megabytes, table, whole } from '../report/table.ts'
import type { Bench } from './part.ts'

const FEW = 10_000
const CONNECTIONS = 16
/** Milliseconds without a request, for what is garbage to be collected if it is going to be. */
const SETTLE = 3000

/** Resident bytes of one process. */
interface Sizes {
  readonly atRest: number
  readonly few: number
  readonly many: number
}

/**
 * What the server holds as it remembers more and more tokens, and what a second process holds after
 * as many requests with one and the same token: what the requests took, and not the tokens.
 */
export async function memory(bench: Bench): Promise<string> {
  const { options, tokens, results } = bench
  const fresh = tokens.fresh.tokens.slice(0, MOST_REMEMBERED)
  if (fresh.length < MOST_REMEMBERED) return 'Not measured: --tokens is below 100,000.'
  const distinct = fresh.map((token) => requestOf(PATHS.protected, token))
  const same = Array<string>(MOST_REMEMBERED).fill(requestOf(PATHS.protected, tokens.trial.good))
  const rounds: { remembering: Sizes; control: Sizes }[] = []
  for (let round = 1; round <= options.rounds; round += 1) {
    process.stderr.write(`memory, round ${round}\n`)
    const remembering = await sizes(bench, distinct, MOST_REMEMBERED)
    rounds.push({ remembering, control: await sizes(bench, same, 1) })
    results.record('memory', rounds)
  }
  const of = (size: (round: (typeof rounds)[number]) => number) => median(rounds.map(size))
  const row = (what: string, key: keyof Sizes, count: number) => {
    const perToken = of(({ remembering, control }) => (remembering[key] - control[key]) / count)
    return [
      what,
      megabytes(of(({ remembering }) => remembering[key])),
      megabytes(of(({ control }) => control[key])),
      megabytes(of(({ remembering }) => remembering[key] - remembering.atRest)),
      count === 0 ? '–' : whole(perToken),
    ]
  }
  return table(
    ['resident memory, MB', 'distinct tokens', 'one token', 'above rest', 'bytes a token'],
    [
      row('at rest', 'atRest', 0),
      row('after 10,000 requests', 'few', FEW),
      row('after 100,000 requests', 'many', MOST_REMEMBERED),
    ],
  )
}

/** @param expected how many tokens are remembered in the end, besides the few of the trial */
async function sizes(
  { issuer, tokens, options }: Bench,
  requests: readonly string[],
  expected: number,
): Promise<Sizes> {
  // Only here are metrics on: they say whether what was sent is what is remembered.
  const launch = async () => launchOurs(issuer, { METRICS_PORT: '0' })
  const running = await start({ ...ours, launch }, issuer)
  try {
    const difference = await differenceIn(running, tokens)
    if (difference !== undefined) throw new Error(difference)
    const metricsPort = Number(/"metrics_listening","port":(\d+)/.exec(running.log())?.[1])
    const atRest = await settled(running)
    await sendEach(running.port, requests.slice(0, FEW), CONNECTIONS)
    const few = await settled(running)
    await sendEach(running.port, requests.slice(FEW), CONNECTIONS)
    const many = await settled(running)
    const remembered = await rememberedBy(metricsPort)
    if (remembered < expected) {
      throw new Error(`${remembered} tokens are remembered instead of ${expected}.`)
    }
    return { atRest, few, many }
  } finally {
    await running.stop()
  }

  async function settled({ pid, emptyLog }: Running): Promise<number> {
    emptyLog()
    await sleep(Math.min(SETTLE, options.seconds * 1000))
    return residentBytes(pid)
  }
}

async function rememberedBy(metricsPort: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  return Number(/^remembered_tokens (\d+)/m.exec(text)?.[1])
}
