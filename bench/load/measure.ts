import { writeProofs } from '../issuer/proofs.ts'
import type { Tokens } from '../issuer/tokens.ts'
import type { Options } from '../options.ts'
import { cpuTimes } from '../targets/process-usage.ts'
import type { RunningTarget } from '../targets/start-target.ts'
import { formatRequest } from './connection.ts'
import { type Load, PATHS, PROOF_URL } from './loads.ts'
import { watchStatus } from './watch-status.ts'
import { type WrkRun, wrk } from './wrk.ts'

/** The result of one load on one target. */
export interface Measurement {
  readonly target: string
  readonly load: string
  /** Responses per second. */
  readonly perSecond: number
  readonly requests: number
  /** CPU time per request in microseconds, of all threads and child processes. */
  readonly cpuPerRequest: number
  /** The part of it that was spent in the kernel, in microseconds. */
  readonly kernelPerRequest: number
  /** CPU cores in use, of all threads and child processes. */
  readonly cores: number
  /** Latency with all connections busy, in milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly logBytesPerRequest: number
  /** Why the result does not count. */
  readonly invalid?: string
}

export interface RoundMeasurement extends Measurement {
  /** From 1. */
  readonly round: number
}

/** More proofs per second than any target has verified. */
const PROOFS_PER_SECOND = 15_000

export type Timing = Pick<Options, 'seconds' | 'warmup' | 'connections'>

/** One short measurement after a warm-up with the same load. */
export async function measure(
  running: RunningTarget,
  load: Load,
  tokens: Tokens,
  { seconds, warmup, connections }: Timing,
): Promise<Measurement> {
  const { target, port, pid } = running
  const path = PATHS[load.route]
  const { body } = load
  const boundToken = load.proofs ? tokens.bound.token : undefined
  const sent = load.proofs
    ? await writeProofs(tokens.bound, PROOF_URL, (warmup + seconds) * PROOFS_PER_SECOND)
    : load.tokens?.(tokens)
  const common: WrkRun = {
    port,
    path,
    connections,
    seconds: warmup,
    tokens: sent,
    body,
    boundToken,
  }
  const probe = formatRequest(path, load.uniqueTokens ? tokens.samples.good : sent?.tokens[0], body)
  const warm = await wrk(common)
  running.emptyLog()

  const stopWatching = watchStatus(port, probe, load.status)
  const before = cpuTimes(pid)
  const first = load.uniqueTokens ? warm.sent : 0
  const result = warm.ranOut && load.uniqueTokens ? warm : await wrk({ ...common, seconds, first })
  const after = cpuTimes(pid)
  const kernel = after.kernel - before.kernel
  const cpu = after.user - before.user + kernel
  const unexpected = await stopWatching()
  const logBytes = running.logBytes()
  running.emptyLog()

  const { perSecond, requests, errorResponses, socketErrors, p50, p99, ranOut } = result
  const expectedErrors = load.status < 400 ? 0 : requests
  const invalid =
    unexpected.length > 0
      ? `status ${unexpected} instead of ${load.status}`
      : errorResponses !== expectedErrors
        ? `${errorResponses} of ${requests} requests got an error response`
        : socketErrors > 0
          ? `${socketErrors} socket errors`
          : load.uniqueTokens && ranOut
            ? 'out of tokens: raise --tokens'
            : undefined
  return {
    target: target.name,
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
