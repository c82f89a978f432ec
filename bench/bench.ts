/**
 * `npm run bench [-- options]`: the built server beside its peers, on this machine, in one run.
 *
 * All verify the tokens of one issuer and write their logs into files. The tables go to standard
 * output as Markdown, every single figure to bench/results/latest.json.
 */
import { installPeers } from './contestants/all.ts'
import { firstLine } from './contestants/versions.ts'
import { startIssuer } from './issuer/issuer.ts'
import { prepareTokens } from './issuer/tokens.ts'
import { loadNamed } from './load/loads.ts'
import { type Options, type Part, readOptions, USAGE } from './options.ts'
import { latency } from './parts/latency.ts'
import { loads } from './parts/loads.ts'
import { memory } from './parts/memory.ts'
import type { Bench } from './parts/part.ts'
import { plugins } from './parts/plugins.ts'
import { processes } from './parts/processes.ts'
import { startup } from './parts/startup.ts'
import { Results } from './report/results.ts'

const PARTS: Record<Part, (bench: Bench) => Promise<string>> = {
  startup,
  loads,
  memory,
  latency,
  processes,
  plugins,
}

async function main(options: Options): Promise<void> {
  if (firstLine('which', 'wrk') === undefined)
    throw new Error('wrk is missing: apt-get install wrk')
  // What is misspelt is said now, and not after some minutes.
  options.loads?.forEach(loadNamed)
  installPeers()
  const results = new Results(options)
  const issuer = await startIssuer()
  const tokens = await prepareTokens(issuer, options.tokens)
  console.log(results.heading)
  try {
    for (const part of options.parts) {
      console.log(`\n## ${part}\n`)
      console.log(await PARTS[part]({ options, issuer, tokens, results }))
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
  // Not by exitCode alone: contestants that still run would keep the process alive.
  process.exit(1)
}
