import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TokenFile } from '../issuer/tokens.ts'
import { PROOF_HOST } from './loads.ts'

const run = promisify(execFile)
const SCRIPT = fileURLToPath(new URL('wrk.lua', import.meta.url))

export interface WrkRun {
  readonly port: number
  readonly path: string
  readonly seconds: number
  readonly connections: number
  /** The tokens to send, beginning with number `first`; undefined for requests without a token. */
  readonly tokens?: TokenFile | undefined
  readonly first?: number
  /** The token of requests with a proof each: `tokens` are these proofs then. */
  readonly boundToken?: string | undefined
  /** The body of POST requests; undefined for GET. */
  readonly body?: string | undefined
}

export interface WrkResult {
  readonly perSecond: number
  readonly requests: number
  /** Responses with a status of 400 or above. */
  readonly errorResponses: number
  /** Failed connections, and requests without a response. */
  readonly socketErrors: number
  /** Milliseconds, under full load: not the latency that a user would see. */
  readonly p50: number
  readonly p99: number
  /** Requests that were sent, whether a response came or not. */
  readonly sent: number
  /** Whether the tokens were used up, and sent again. */
  readonly ranOut: boolean
}

/** Runs wrk on one thread: as many requests as the server can handle. */
export async function wrk(options: WrkRun): Promise<WrkResult> {
  const { port, path, seconds, connections, tokens, first = 0, body, boundToken } = options
  const available = tokens === undefined ? 1 : tokens.tokens.length - first
  if (available < 1) throw new Error('No tokens are left: raise --tokens.')
  const env = {
    ...process.env,
    ...(body !== undefined && { BODY: body }),
    ...(boundToken !== undefined && { BOUND_TOKEN: boundToken, PROOF_HOST }),
  }
  const args = [
    '--threads=1',
    `--connections=${connections}`,
    `--duration=${seconds}s`,
    `--script=${SCRIPT}`,
    `http://127.0.0.1:${port}`,
    '--',
    path,
    ...(tokens === undefined ? [] : [tokens.file, String(first), String(available)]),
  ]
  const { stdout } = await run('wrk', args, { env })
  const result = /^RESULT (.*)$/m.exec(stdout)?.[1]
  if (result === undefined) throw new Error(`wrk printed no result:\n${stdout}`)
  const { requests, microseconds, errorResponses, socketErrors, p50, p99, sent } =
    JSON.parse(result)
  return {
    perSecond: requests / (microseconds / 1e6),
    requests,
    errorResponses,
    socketErrors,
    p50: p50 / 1000,
    p99: p99 / 1000,
    sent,
    ranOut: tokens !== undefined && sent > available,
  }
}
