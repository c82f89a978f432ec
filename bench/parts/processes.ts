import { launchHaproxy } from '../contestants/debian.ts'
import { ours } from '../contestants/node.ts'
import { cpuSeconds } from '../contestants/processes.ts'
import { type Running, start } from '../contestants/running.ts'
import { differenceIn } from '../contestants/trial.ts'
import { PATHS } from '../load/loads.ts'
import { wrk } from '../load/wrk.ts'
import { median } from '../report/statistics.ts'
import { decimals, table, whole } from '../report/table.ts'
import type { Bench } from './part.ts'

/** A way to spread the load, and the processes that it runs through. */
interface Layout {
  readonly title: string
  readonly ports: readonly number[]
  readonly servers: readonly Running[]
  readonly balancer?: Running
}

interface Outcome {
  readonly perSecond: number
  /** In use by the servers, and by the balancer. */
  readonly serverCores: number
  readonly balancerCores: number
}

/**
 * One and two of our processes: called directly (a wrk for each), and behind HAProxy that deals
 * connections out. The generator and the balancer take their share of the same cores, so on two
 * cores two processes cannot be twice as fast: the cores in use say what each had.
 */
export async function processes({ options, issuer, tokens, results }: Bench): Promise<string> {
  const started: Running[] = []
  const begin = async (contestant: typeof ours) => {
    const running = await start(contestant, issuer)
    started.push(running)
    return running
  }
  const balance = ([a, b = a]: number[]) =>
    begin({
      ...ours,
      name: 'balancer',
      launch: () => launchHaproxy('balancer.cfg', { FIRST: String(a), SECOND: String(b) }),
    })
  try {
    const [first, second] = [await begin(ours), await begin(ours)]
    const servers = [first, second]
    for (const server of servers) {
      const difference = await differenceIn(server, tokens)
      if (difference !== undefined) throw new Error(difference)
    }
    const [one, two] = [await balance([first.port]), await balance([first.port, second.port])]
    const layouts: Layout[] = [
      { title: 'one, directly', ports: [first.port], servers: [first] },
      { title: 'two, directly', ports: [first.port, second.port], servers },
      { title: 'one, balanced', ports: [one.port], servers: [first], balancer: one },
      { title: 'two, balanced', ports: [two.port], servers, balancer: two },
    ]
    const outcomes = layouts.map((): Outcome[] => [])
    for (let round = 1; round <= options.rounds; round += 1) {
      for (const [index, layout] of layouts.entries()) {
        process.stderr.write(`round ${round}: processes, ${layout.title}\n`)
        outcomes[index]?.push(await loadOf(layout))
        results.record(
          'processes',
          layouts.map(({ title }, at) => ({ title, rounds: outcomes[at] })),
        )
      }
    }
    const of = (index: number, key: keyof Outcome) =>
      median((outcomes[index] ?? []).map((outcome) => outcome[key]))
    return table(
      ['our processes', 'requests a second', 'ratio to one', 'server cores', 'balancer cores'],
      layouts.map(({ title }, index) => [
        title,
        whole(of(index, 'perSecond')),
        decimals(of(index, 'perSecond') / of(index - (index % 2), 'perSecond')),
        decimals(of(index, 'serverCores')),
        decimals(of(index, 'balancerCores')),
      ]),
    )
  } finally {
    await Promise.all(started.map((running) => running.stop()))
  }

  async function loadOf({ ports, servers, balancer }: Layout): Promise<Outcome> {
    const connections = Math.ceil(options.connections / ports.length)
    const common = { path: PATHS.protected, tokens: tokens.busy, connections }
    const all = (seconds: number) =>
      Promise.all(ports.map((port) => wrk({ ...common, port, seconds })))
    const cpu = () => [
      servers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0),
      balancer === undefined ? 0 : cpuSeconds(balancer.pid),
    ]
    await all(options.warmup)
    const before = cpu()
    const runs = await all(options.seconds)
    const [serverCores = 0, balancerCores = 0] = cpu().map(
      (after, index) => (after - (before[index] ?? 0)) / options.seconds,
    )
    for (const server of servers) server.emptyLog()
    if (runs.some(({ refused, broken }) => refused + broken > 0)) throw new Error('Refused.')
    const perSecond = runs.reduce((sum, run) => sum + run.perSecond, 0)
    return { perSecond, serverCores, balancerCores }
  }
}
