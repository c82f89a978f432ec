import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ORIGIN } from './requests.ts'
import { AUDIENCE } from './tenant.ts'

const SERVER = fileURLToPath(new URL('./server.ts', import.meta.url))

/** The server as a process of its own. */
export interface ServerProcess {
  readonly port: number
  /** How it ended; undefined while it runs. */
  readonly exit: string | undefined
  /** Number of file descriptors. */
  descriptors(): number
  /** Memory that is in use after a garbage collection, in bytes. */
  memory(): Promise<number>
  /** @returns the exit code */
  stop(): Promise<number | null>
}

/** @param onLine called for each line of the log */
export async function startServer(
  issuer: string,
  onLine: (line: string) => void,
): Promise<ServerProcess> {
  const child = spawn(
    process.execPath,
    ['--enable-source-maps', '--expose-gc', '--import', import.meta.resolve('tsx'), SERVER],
    {
      cwd: tmpdir(),
      env: {
        PATH: process.env['PATH'],
        AUTH0_DOMAIN: issuer,
        AUTH0_AUDIENCE: AUDIENCE,
        CLIENT_ORIGIN_URL: ORIGIN,
        AUTH0_CLIENT_ID: 'fuzz',
        AUTH0_CLIENT_SECRET: 'a client secret for the fuzz alone',
        SESSION_SECRET: 'a session secret for the fuzz alone',
        ALLOWED_HOSTS: 'api.fuzz.test',
        TRUST_PROXY: '127.0.0.1',
        PORT: '0',
        HOST: '127.0.0.1',
        HEADERS_TIMEOUT: '2',
        REQUEST_TIMEOUT: '3',
        KEEP_ALIVE_TIMEOUT: '5',
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  )
  let exit: string | undefined
  child.on('exit', (code, signal) => (exit = `exit code ${code}, signal ${signal}`))
  child.stderr?.on('data', (chunk) => onLine(String(chunk)))
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', () => reject(new Error('The server exited before it was listening.')))
    if (child.stdout === null) return
    createInterface(child.stdout).on('line', (line) => {
      onLine(line)
      const found = /listening at http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1]
      if (found !== undefined) resolve(Number(found))
    })
  })
  return {
    port,
    get exit() {
      return exit
    },
    descriptors: () => readdirSync(`/proc/${child.pid}/fd`).length,
    memory: () => askMemory(child),
    async stop() {
      if (exit === undefined) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      return child.exitCode
    },
  }
}

async function askMemory(child: ChildProcess): Promise<number> {
  const reply = once(child, 'message')
  child.send('memory')
  return Number((await reply)[0])
}
