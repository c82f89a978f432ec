import { cpuTimes } from '../contestants/processes.ts'
import type { Running } from '../contestants/running.ts'
import type { Tokens } from '../issuer/tokens.ts'
import type { Options } from '../options.ts'
import { requestOf } from './connection.ts'
import { type Load, PATHS } from './loads.ts'
import { watchStatus } from './watch.ts'
import { type WrkRun, wrk } from './wrk.ts'

/** What a contestant made of a load. */
export interface Measurement {
  readonly contestant: string
  readonly load: string
  /** Answered requests a second. */
  readonly perSecond: number
  readonly requests: number
  /** Processor time for each request, in microseconds, and cores in use: all threads and children. */
  readonly cpuPerRequest: number
  readonly cores: number
  /** What of it the kernel took, in microseconds. */
  readonly kernelPerRequest: number
  /** Latency with all connections busy, in milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly logBytesPerRequest: number
  /** Why the figure does not count. */
  readonly invalid?: string
}

export type Timing = Pick<Options, 'seconds' | 'warmup' | 'connections'>

/** One short measurement after a warm-up of the same kind. */
export async function measure(
  running: Running,
  load: Load,
  tokens: Tokens,
  { seconds, warmup, connections }: Timing,
): Promise<Measurement> {
  const { contestant, port, pid } = running
  const path = PATHS[load.route]
  const sent = load.tokens?.(tokens)
  const common: WrkRun = { port, path, connections, seconds: warmup, tokens: sent }
  const watched = requestOf(path, load.once ? tokens.trial.good : sent?.tokens[0])
  const warm = await wrk(common)
  running.emptyLog()

  const endWatch = watchStatus(port, watched, load.status)
  const before = cpuTimes(pid)
  const first = load.once ? warm.sent : 0
  const result = warm.ranOut && load.once ? warm : await wrk({ ...common, seconds, first })
  const after = cpuTimes(pid)
  const kernel = after.kernel - before.kernel
  const cpu = after.user - before.user + kernel
  const others = await endWatch()
  const logBytes = running.logBytes()
  running.emptyLog()

  const { perSecond, requests, refused, broken, p50, p99, ranOut } = result
  const expectedRefused = load.status === 200 ? 0 : requests
  const invalid =
    others.length > 0
      ? `answered ${others} instead of ${load.status}`
      : refused !== expectedRefused
        ? `${refused} of ${requests} requests refused`
        : broken > 0
          ? `${broken} broken connections`
          : load.once && ranOut
            ? 'out of tokens: raise --tokens'
            : undefined
  return {
    contestant: contestant.name,
    load: load.name,
    perSecond,
    requests,
    cpuPerRequest: (cpu * 1e6) / requests,
    cores: (cpu * perSecond) / requests,
    kernelPerRequest: (kernel * 1e6) / requests,
    p50,
    p99,
    logBytesPerRequest: logBytes / requests,
    ...(invalid !== undefined && { invalid }),
  }
}
