import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Test } from 'tap'
import { ENVIRONMENT } from './app.ts'
import { serve, start } from './process.ts'
import { KEY } from './tokens/keys.ts'

const PROGRAM = '../test/support/product/log-main.ts'
/** Over what is kept, and what pipes hold. */
const TOO_MANY_LINES = 10_000

/** A server whose standard output is something else than a pipe that is read. */
export async function logging(t: Test, stdout: number | 'unread', environment = {}) {
  const published = JSON.stringify({ keys: [KEY.jwk] })
  const issuer = await serve(t, (_request, response) => response.end(published))
  const variables = {
    ...{ ...ENVIRONMENT, AUTH0_DOMAIN: issuer, PORT: '0', HOST: '127.0.0.1' },
    ...{ DRAIN_TIME: '0', ...environment },
  }
  const server = start(t, PROGRAM, variables, [], stdout)
  if (stdout !== 'unread') closeSync(stdout)
  const [, port] = await server.says(/port (\d+)/)
  const url = `http://127.0.0.1:${port}`
  // From here on, only what the test wants is logged.
  while (!(await fetch(`${url}/readyz`)).ok) await setTimeout(10)
  const post = async (path: string) => (await fetch(`${url}${path}`, { method: 'POST' })).status
  return { server, url, post, fill: () => post(`/log/${TOO_MANY_LINES}`) }
}

/** A pipe: its writing end, and a reader that has not begun. */
export function pipe(t: Test) {
  const directory = mkdtempSync(join(tmpdir(), 'pipe-'))
  const path = join(directory, 'pipe')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openSync(path, constants.O_WRONLY)
  rmSync(directory, { recursive: true })
  let isOpen = true
  const close = () => {
    if (isOpen) closeSync(reader)
    isOpen = false
  }
  t.teardown(close)
  return { reader, writer, close }
}
