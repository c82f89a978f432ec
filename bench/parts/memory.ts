import { setTimeout as sleep } from 'node:timers/promises'
import { formatRequest } from '../load/connection.ts'
import { PATHS } from '../load/loads.ts'
import { sendEach } from '../load/paced.ts'
import { MEMORY_TOKENS } from '../options.ts'
import { median } from '../report/statistics.ts'
import { megabytes, table, whole } from '../report/table.ts'
import { findUnexpectedResponse } from '../targets/check-responses.ts'
import { launchOurs, ours } from '../targets/our-server.ts'
import { residentBytes } from '../targets/process-usage.ts'
import { type RunningTarget, startTarget } from '../targets/start-target.ts'
import type { BenchContext } from './context.ts'

const FEW_TOKENS = 10_000
const CONNECTIONS = 16
/** Time without requests before a measurement, so that garbage can be collected. */
const SETTLE_MS = 3000

/** Resident memory of one process, in bytes. */
interface Sizes {
  readonly atRest: number
  readonly few: number
  readonly many: number
}

/**
 * The memory of the server as it caches more and more tokens. A second process gets as many requests
 * with one token: the difference is what the cached tokens take, and not the requests.
 */
export async function memory(context: BenchContext): Promise<string> {
  const { options, tokens, results } = context
  const fresh = tokens.fresh.tokens.slice(0, MEMORY_TOKENS)
  if (fresh.length < MEMORY_TOKENS) return 'Not measured: --tokens is below 60,000.'
  const distinct = fresh.map((token) => formatRequest(PATHS.protected, token))
  const same = Array<string>(MEMORY_TOKENS).fill(
    formatRequest(PATHS.protected, tokens.samples.good),
  )
  const rounds: { distinct: Sizes; control: Sizes }[] = []
  for (let round = 1; round <= options.rounds; round += 1) {
    process.stderr.write(`round ${round}: memory\n`)
    const sizes = await measureSizes(context, distinct, MEMORY_TOKENS)
    rounds.push({ distinct: sizes, control: await measureSizes(context, same, 1) })
    results.record('memory', rounds)
  }
  const medianOf = (size: (round: (typeof rounds)[number]) => number) => median(rounds.map(size))
  const row = (what: string, key: keyof Sizes, count: number) => {
    const perToken = medianOf(({ distinct, control }) => (distinct[key] - control[key]) / count)
    return [
      what,
      megabytes(medianOf(({ distinct }) => distinct[key])),
      megabytes(medianOf(({ control }) => control[key])),
      megabytes(medianOf(({ distinct }) => distinct[key] - distinct.atRest)),
      count === 0 ? '–' : whole(perToken),
    ]
  }
  return table(
    ['resident memory, MB', 'distinct tokens', 'one token', 'above rest', 'bytes per token'],
    [
      row('at rest', 'atRest', 0),
      row('after 10,000 requests', 'few', FEW_TOKENS),
      row('after 60,000 requests', 'many', MEMORY_TOKENS),
    ],
  )
}

/** @param expected how many tokens are cached at the end, at least */
async function measureSizes(
  { issuer, tokens, options }: BenchContext,
  requests: readonly string[],
  expected: number,
): Promise<Sizes> {
  // Metrics are on only in this part, to check how many tokens are cached.
  const launch = async () => launchOurs(issuer, { env: { METRICS_PORT: '0' } })
  const running = await startTarget({ ...ours, launch }, issuer)
  try {
    const unexpected = await findUnexpectedResponse(running, tokens)
    if (unexpected !== undefined) throw new Error(unexpected)
    const metricsPort = Number(/"metrics_listening","port":(\d+)/.exec(running.log())?.[1])
    const atRest = await settledSize(running)
    await sendEach(running.port, requests.slice(0, FEW_TOKENS), CONNECTIONS)
    const few = await settledSize(running)
    await sendEach(running.port, requests.slice(FEW_TOKENS), CONNECTIONS)
    const many = await settledSize(running)
    const cached = await countCachedTokens(metricsPort)
    if (!(cached >= expected))
      throw new Error(`${cached} tokens are cached instead of ${expected}.`)
    return { atRest, few, many }
  } finally {
    await running.stop()
  }

  async function settledSize({ pid, emptyLog }: RunningTarget): Promise<number> {
    emptyLog()
    await sleep(Math.min(SETTLE_MS, options.seconds * 1000))
    return residentBytes(pid)
  }
}

async function countCachedTokens(metricsPort: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  return Number(/^verified_token_cache_size (\d+)/m.exec(text)?.[1])
}
