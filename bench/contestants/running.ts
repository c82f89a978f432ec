import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Issuer } from '../issuer/issuer.ts'
import { ask } from '../load/ask.ts'
import { PATHS } from '../load/loads.ts'
import type { Contestant } from './contestant.ts'

/** A contestant's process, and what it has logged so far: into a file, as in production. */
export interface Running {
  readonly contestant: Contestant
  readonly port: number
  readonly pid: number
  /** From the start of the process to the first answer on the public route, in milliseconds. */
  readonly startUp: number
  log(): string
  logBytes(): number
  /** Keeps the disk free, and pages that wait to be written out of the next measurement. */
  emptyLog(): void
  stop(): Promise<void>
}

const START_WITHIN = 20_000
const STOP_WITHIN = 5000
const ANNOUNCED = /listening at:? http:\/\/127\.0\.0\.1:(\d+)/i

/** Those that run, and where they log: nothing of either stays behind a run that is stopped. */
const children = new Map<ChildProcess, string>()
process.on('exit', () => {
  for (const [child, logFile] of children) {
    child.kill('SIGTERM')
    rmSync(logFile)
  }
})
let logs = 0

/** @throws Error with the end of the log where the contestant does not answer */
export async function start(contestant: Contestant, issuer: Issuer): Promise<Running> {
  const launch = await contestant.launch(issuer)
  logs += 1
  const logFile = join(issuer.store.directory, `${contestant.name}-${process.pid}-${logs}.log`)
  const log = openSync(logFile, 'ax')
  const began = performance.now()
  const child = spawn(launch.file, launch.args, {
    env: { PATH: process.env['PATH'], ...launch.env },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  children.set(child, logFile)
  const { pid } = child
  if (pid === undefined) throw new Error(`${contestant.name} could not be started.`)
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN)
      child.kill('SIGTERM')
      await once(child, 'exit')
      clearTimeout(late)
    }
    children.delete(child)
    rmSync(logFile)
  }
  while (performance.now() - began < START_WITHIN && child.exitCode === null) {
    const port = launch.port ?? Number(ANNOUNCED.exec(readFileSync(logFile, 'utf8'))?.[1])
    if (port > 0 && (await ask(port, PATHS.public).catch(() => undefined))?.status === 200) {
      return {
        contestant,
        port,
        pid,
        startUp: performance.now() - began,
        log: () => readFileSync(logFile, 'utf8'),
        logBytes: () => statSync(logFile).size,
        emptyLog: () => truncateSync(logFile),
        stop,
      }
    }
    await sleep(1)
  }
  const said = readFileSync(logFile, 'utf8').slice(-1000)
  await stop()
  throw new Error(`${contestant.name} did not answer. It said:\n${said}`)
}
