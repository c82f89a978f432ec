/**
 * `npm run bench [-- options]`: the built server and its peers, on this machine, in one run.
 *
 * All verify the tokens of one issuer and write their logs to files. The tables go to standard
 * output as Markdown, and all results to bench/results/latest.json. See bench/README.md.
 */
import { startIssuer } from './issuer/issuer.ts'
import { prepareTokens } from './issuer/tokens.ts'
import { findLoad } from './load/loads.ts'
import { type Options, type Part, readOptions, USAGE } from './options.ts'
import type { BenchContext } from './parts/context.ts'
import { domains } from './parts/domains.ts'
import { latency } from './parts/latency.ts'
import { loads } from './parts/loads.ts'
import { memory } from './parts/memory.ts'
import { plugins } from './parts/plugins.ts'
import { posts } from './parts/posts.ts'
import { processes } from './parts/processes.ts'
import { startup } from './parts/startup.ts'
import { telemetry } from './parts/telemetry.ts'
import { Results } from './report/results.ts'
import { selectTargets } from './targets/select-targets.ts'
import { firstOutputLine } from './targets/versions.ts'

const PARTS: Record<Part, (context: BenchContext) => Promise<string>> = {
  startup,
  loads,
  memory,
  latency,
  processes,
  plugins,
  posts,
  domains,
  telemetry,
}

/** The parts that measure all targets; the others measure only our server. */
const COMPARISONS: readonly Part[] = ['startup', 'loads', 'latency']

async function main(options: Options): Promise<void> {
  if (firstOutputLine('which', 'wrk') === undefined)
    throw new Error('wrk is not installed: apt-get install wrk')
  // A misspelled name fails now, and not after some minutes.
  options.loads?.forEach(findLoad)
  const isComparison = options.parts.some((part) => COMPARISONS.includes(part))
  const targets = selectTargets(isComparison ? options : { ...options, only: ['ours'] })
  const results = new Results(options, targets)
  const issuer = await startIssuer()
  const tokens = await prepareTokens(issuer, options.tokens)
  console.log(results.heading)
  try {
    for (const part of options.parts) {
      console.log(`\n## ${part}\n`)
      console.log(await PARTS[part]({ options, targets, issuer, tokens, results }))
    }
  } finally {
    issuer.close()
  }
}

const stop = () => process.exit(1)
process.once('SIGINT', stop).once('SIGTERM', stop)
try {
  const options = readOptions(process.argv.slice(2))
  if (options.help) console.log(USAGE)
  else await main(options)
} catch (error) {
  console.error(error)
  // exitCode is not enough: running targets would keep the process alive.
  process.exit(1)
}
