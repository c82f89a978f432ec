import { PATHS } from '../load/loads.ts'
import { wrk } from '../load/wrk.ts'
import { median } from '../report/statistics.ts'
import { decimals, table, whole } from '../report/table.ts'
import { launchHaproxy } from '../targets/apt-peers.ts'
import { findUnexpectedResponse } from '../targets/check-responses.ts'
import { ours, twoWorkers } from '../targets/our-server.ts'
import { cpuSeconds } from '../targets/process-usage.ts'
import { type RunningTarget, startTarget } from '../targets/start-target.ts'
import type { Target } from '../targets/target.ts'
import type { BenchContext } from './context.ts'

/** A number of servers, called directly or through a load balancer. */
interface Layout {
  readonly title: string
  readonly ports: readonly number[]
  readonly servers: readonly RunningTarget[]
  readonly balancer?: RunningTarget
}

interface LayoutResult {
  readonly perSecond: number
  /** CPU cores in use by the servers, and by the load balancer. */
  readonly serverCores: number
  readonly balancerCores: number
}

/**
 * One and two processes of our server: called directly (with one wrk for each), behind HAProxy, which
 * distributes connections, and with `WORKERS=2`, where a primary distributes them. Load generator and
 * balancer use the same cores, so on two cores two processes cannot be twice as fast: the columns of cores
 * show what each had.
 */
export async function processes(context: BenchContext): Promise<string> {
  const { options, issuer, tokens, results } = context
  const started: RunningTarget[] = []
  const start = async (target: Target) => {
    const running = await startTarget(target, issuer)
    started.push(running)
    return running
  }
  const startBalancer = ([a, b = a]: number[]) =>
    start({
      ...ours,
      name: 'balancer',
      launch: () => launchHaproxy('balancer.cfg', { FIRST: String(a), SECOND: String(b) }),
    })
  try {
    const [first, second] = [await start(ours), await start(ours)]
    const workers = await start(twoWorkers)
    const servers = [first, second]
    for (const server of servers) {
      const unexpected = await findUnexpectedResponse(server, tokens)
      if (unexpected !== undefined) throw new Error(unexpected)
    }
    const one = await startBalancer([first.port])
    const two = await startBalancer([first.port, second.port])
    const layouts: Layout[] = [
      { title: 'one, directly', ports: [first.port], servers: [first] },
      { title: 'two, directly', ports: [first.port, second.port], servers },
      { title: 'one, balanced', ports: [one.port], servers: [first], balancer: one },
      { title: 'two, balanced', ports: [two.port], servers, balancer: two },
      { title: 'one, directly', ports: [first.port], servers: [first] },
      { title: 'WORKERS=2, directly', ports: [workers.port], servers: [workers] },
    ]
    const byLayout = layouts.map((): LayoutResult[] => [])
    for (let round = 1; round <= options.rounds; round += 1) {
      for (const [index, layout] of layouts.entries()) {
        process.stderr.write(`round ${round}: processes, ${layout.title}\n`)
        byLayout[index]?.push(await measureLayout(layout, context))
        results.record(
          'processes',
          layouts.map(({ title }, at) => ({ title, rounds: byLayout[at] })),
        )
      }
    }
    const medianOf = (index: number, key: keyof LayoutResult) =>
      median((byLayout[index] ?? []).map((result) => result[key]))
    return table(
      ['our processes', 'requests per second', 'ratio to one', 'server cores', 'balancer cores'],
      layouts.map(({ title }, index) => [
        title,
        whole(medianOf(index, 'perSecond')),
        decimals(medianOf(index, 'perSecond') / medianOf(index - (index % 2), 'perSecond')),
        decimals(medianOf(index, 'serverCores')),
        decimals(medianOf(index, 'balancerCores')),
      ]),
    )
  } finally {
    await Promise.all(started.map((running) => running.stop()))
  }
}

async function measureLayout(
  { ports, servers, balancer }: Layout,
  { options, tokens }: BenchContext,
): Promise<LayoutResult> {
  const connections = Math.ceil(options.connections / ports.length)
  const common = { path: PATHS.protected, tokens: tokens.busy, connections }
  const runWrk = (seconds: number) =>
    Promise.all(ports.map((port) => wrk({ ...common, port, seconds })))
  const cpu = () => [
    servers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0),
    balancer === undefined ? 0 : cpuSeconds(balancer.pid),
  ]
  await runWrk(options.warmup)
  const before = cpu()
  const runs = await runWrk(options.seconds)
  const [serverCores = 0, balancerCores = 0] = cpu().map(
    (after, index) => (after - (before[index] ?? 0)) / options.seconds,
  )
  for (const server of servers) server.emptyLog()
  const failed = runs.reduce((sum, run) => sum + run.errorResponses + run.socketErrors, 0)
  if (failed > 0) throw new Error(`${failed} requests failed.`)
  const perSecond = runs.reduce((sum, run) => sum + run.perSecond, 0)
  return { perSecond, serverCores, balancerCores }
}
