import { DOMAINS, findLoad } from '../load/loads.ts'
import type { RoundMeasurement } from '../load/measure.ts'
import { LoadStatistics } from '../report/load-statistics.ts'
import { decimals, table, whole } from '../report/table.ts'
import { launchOurs, ours } from '../targets/our-server.ts'
import type { Target } from '../targets/target.ts'
import { type BenchContext, withTargets } from './context.ts'
import { measureRounds } from './measure-rounds.ts'

const BUSY = findLoad('busy')

const oneDomain: Target = { ...ours, title: 'one domain', loads: [BUSY.name] }
const twoDomains: Target = {
  ...ours,
  name: 'two-domains',
  title: 'two domains',
  loads: [BUSY.name, DOMAINS.name],
  launch: async (issuer) =>
    launchOurs(issuer, { env: { AUTH0_DOMAIN: `${issuer.url},${issuer.otherUrl}` } }),
}

/** What a second domain of the tenant costs: with tokens of the main one, and of both by turns. */
export async function domains(context: BenchContext): Promise<string> {
  const { options, tokens, results } = context
  const targets = [oneDomain, twoDomains].map((target) => ({ target, version: target.version() }))
  const measurements: RoundMeasurement[] = []
  const loads = [BUSY, DOMAINS]
  await withTargets({ ...context, targets }, (pool) =>
    measureRounds(pool, tokens, { ...options, loads: loads.map(({ name }) => name) }, (one) => {
      measurements.push(one)
      results.record('domains', { rounds: measurements })
    }),
  )
  const statistics = new LoadStatistics(measurements)
  const base = { target: oneDomain.name, load: BUSY.name }
  const rows = [
    { target: oneDomain, load: BUSY },
    { target: twoDomains, load: BUSY },
    { target: twoDomains, load: DOMAINS },
  ].map(({ target: { name, title }, load }) => {
    const cell = { target: name, load: load.name }
    return [
      title,
      load.title,
      whole(statistics.median(cell, 'perSecond')),
      decimals(statistics.ratio(cell, base)?.median ?? NaN),
      decimals(statistics.median(cell, 'cpuPerRequest'), 1),
    ]
  })
  return table(
    ['server', 'load', 'requests per second', 'ratio to one domain', 'CPU per request, µs'],
    rows,
  )
}
