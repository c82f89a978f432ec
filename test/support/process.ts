import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import type { Test } from 'tap'

const root = join(import.meta.dirname, '../..')

export interface Program {
  /** Everything that the program has written so far. */
  readonly output: { stdout: string; stderr: string }
  /** The first match of a pattern in what the program writes, as soon as it is there. */
  says(pattern: RegExp): Promise<RegExpMatchArray>
  /** How the program ended. */
  readonly exit: Promise<{ code: number | null; signal: string | null }>
  readonly pid: number | undefined
  kill(signal: NodeJS.Signals): void
  /** Writes all that the program gets on standard input. */
  input(text: string): void
}

/**
 * Starts a program (its path is absolute or relative to src/) with no other environment variables.
 *
 * @param stdout a descriptor that replaces the standard output, or `unread` for one that nobody reads
 * @param openFiles how many files the program may open; as many as this process by default
 */
export function start(
  t: Test,
  program: string,
  environment: Record<string, string>,
  args: readonly string[] = [],
  stdout: number | 'read' | 'unread' = 'read',
  openFiles?: number,
): Program {
  const { PATH, HOME } = process.env
  const command = [process.execPath, ...loaders(), resolve(root, 'src', program), ...args]
  const limited = ['-c', `ulimit -n ${openFiles}; exec "$@"`, 'sh', ...command]
  const [file = '', ...rest] = openFiles === undefined ? command : ['sh', ...limited]
  const child = spawn(file, rest, {
    // Created once: creating it again would delete the folder of a program that is running.
    cwd: existsSync(t.testdirName) ? t.testdirName : t.testdir(),
    env: { PATH, HOME, ...coverage(), ...environment },
    stdio: ['pipe', typeof stdout === 'number' ? stdout : 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  const streams = stdout === 'read' ? [child.stdout, child.stderr] : [child.stderr]
  if (stdout === 'read') child.stdout?.on('data', (chunk) => (output.stdout += chunk))
  child.stderr?.on('data', (chunk) => (output.stderr += chunk))
  const exit = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    // An output that is not read is never closed.
    child.on(stdout === 'read' ? 'close' : 'exit', (code, signal) => resolve({ code, signal }))
  })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exit
  })
  const find = (pattern: RegExp) => `${output.stdout}\n${output.stderr}`.match(pattern)
  return {
    output,
    exit,
    pid: child.pid,
    kill: (signal) => void child.kill(signal),
    input: (text) => void child.stdin?.end(text),
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = find(pattern)
          if (found !== null) resolve(found)
        }
        for (const stream of streams) stream?.on('data', look)
        child.on('close', () =>
          reject(new Error(`It never said ${pattern}: ${JSON.stringify(output)}`)),
        )
        look()
      }),
  }
}

/** Loads TypeScript, and measures coverage where this process does. */
function loaders(): string[] {
  const measured = process.env['_TAPJS_PROCESSINFO_COVERAGE_'] !== '0'
  return measured ? process.execArgv : [`--import=${join(root, 'test/load-typescript.js')}`]
}

/** What tap gives to a child process so that its coverage counts. */
function coverage(): Record<string, string | undefined> {
  const names = Object.keys(process.env).filter((name) =>
    /^(_?TAP|NODE_V8|NODE_OPTIONS|TS_)/.test(name),
  )
  return Object.fromEntries(names.map((name) => [name, process.env[name]]))
}

/** An HTTP server on loopback that ends with the test; its origin. */
export async function serve(t: Test, listener: RequestListener): Promise<string> {
  let over = false
  const server = createServer(async (request, response) => {
    try {
      await listener(request, response)
    } catch (error) {
      // At the end of the test, who it asks may be gone.
      if (!over) throw error
      response.destroy()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    over = true
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A port that was free just now, for a program or a server whose port must be known before it starts. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
