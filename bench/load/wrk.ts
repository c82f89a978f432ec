import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TokenFile } from '../issuer/tokens.ts'

const run = promisify(execFile)
const SCRIPT = fileURLToPath(new URL('wrk.lua', import.meta.url))

export interface WrkRun {
  readonly port: number
  readonly path: string
  readonly seconds: number
  readonly connections: number
  /** The tokens to send, from the `first` one on; undefined for none. */
  readonly tokens?: TokenFile | undefined
  readonly first?: number
}

export interface WrkResult {
  readonly perSecond: number
  readonly requests: number
  /** Answers with a status of 400 or above. */
  readonly refused: number
  /** Connections that failed, and requests that were not answered. */
  readonly broken: number
  /** Milliseconds, as fast as answers come: no latency that a user would meet. */
  readonly p50: number
  readonly p99: number
  /** Requests that were begun: tokens that have been seen. */
  readonly sent: number
  /** Whether the tokens were used up, and sent again. */
  readonly ranOut: boolean
}

/** As much as the server takes, on one thread of wrk. */
export async function wrk(options: WrkRun): Promise<WrkResult> {
  const { port, path, seconds, connections, tokens, first = 0 } = options
  const left = tokens === undefined ? 1 : tokens.tokens.length - first
  if (left < 1) throw new Error('No tokens are left: raise --tokens.')
  const { stdout } = await run('wrk', [
    '--threads=1',
    `--connections=${connections}`,
    `--duration=${seconds}s`,
    `--script=${SCRIPT}`,
    `http://127.0.0.1:${port}`,
    '--',
    path,
    ...(tokens === undefined ? [] : [tokens.file, String(first), String(left)]),
  ])
  const result = /^RESULT (.*)$/m.exec(stdout)?.[1]
  if (result === undefined) throw new Error(`wrk said no result:\n${stdout}`)
  const { requests, microseconds, refused, broken, p50, p99, sent } = JSON.parse(result)
  return {
    perSecond: requests / (microseconds / 1e6),
    requests,
    refused,
    broken,
    p50: p50 / 1000,
    p99: p99 / 1000,
    sent,
    ranOut: tokens !== undefined && sent > left,
  }
}
