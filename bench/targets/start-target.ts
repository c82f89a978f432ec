import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Issuer } from '../issuer/issuer.ts'
import { PATHS } from '../load/loads.ts'
import { sendRequest } from '../load/send-request.ts'
import type { Target } from './target.ts'

/** A target's process. It logs to a file, as in production. */
export interface RunningTarget {
  readonly target: Target
  readonly port: number
  readonly pid: number
  /** From the start of the process to the first response of the public route. */
  readonly startupMs: number
  log(): string
  logBytes(): number
  /** Keeps the disk free, and dirty pages out of the next measurement. */
  emptyLog(): void
  stop(): Promise<void>
}

const START_TIMEOUT_MS = 20_000
const STOP_TIMEOUT_MS = 5000
const LISTENING = /listening at:? http:\/\/127\.0\.0\.1:(\d+)/i

/** Running processes and their log files, both removed when a run is interrupted. */
const children = new Map<ChildProcess, string>()
process.on('exit', () => {
  for (const [child, logFile] of children) {
    child.kill('SIGTERM')
    rmSync(logFile)
  }
})
let logCount = 0

/** @throws Error with the end of the log if the target does not respond in time */
export async function startTarget(target: Target, issuer: Issuer): Promise<RunningTarget> {
  const launch = await target.launch(issuer)
  logCount += 1
  const logFile = join(issuer.store.directory, `${target.name}-${process.pid}-${logCount}.log`)
  const log = openSync(logFile, 'ax')
  const startedAt = performance.now()
  const child = spawn(launch.file, launch.args, {
    env: { PATH: process.env['PATH'], ...launch.env },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  children.set(child, logFile)
  const { pid } = child
  if (pid === undefined) throw new Error(`Could not start ${target.name}.`)
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const killTimer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
      child.kill('SIGTERM')
      await once(child, 'exit')
      clearTimeout(killTimer)
    }
    children.delete(child)
    rmSync(logFile)
  }
  while (performance.now() - startedAt < START_TIMEOUT_MS && child.exitCode === null) {
    const port = launch.port ?? Number(LISTENING.exec(readFileSync(logFile, 'utf8'))?.[1])
    if (
      port > 0 &&
      (await sendRequest(port, PATHS.public).catch(() => undefined))?.status === 200
    ) {
      return {
        target,
        port,
        pid,
        startupMs: performance.now() - startedAt,
        log: () => readFileSync(logFile, 'utf8'),
        logBytes: () => statSync(logFile).size,
        emptyLog: () => truncateSync(logFile),
        stop,
      }
    }
    await sleep(1)
  }
  const output = readFileSync(logFile, 'utf8').slice(-1000)
  await stop()
  throw new Error(`${target.name} did not start. Its last output:\n${output}`)
}
