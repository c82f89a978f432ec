import { get } from 'node:http'
import type { Test } from 'tap'
import { ENVIRONMENT } from '../support/app.ts'
import { type Program, serve, start } from '../support/process.ts'
import { KEY } from '../support/tokens/keys.ts'

export const PROGRAM = '../test/support/product/probe-main.ts'

export const PLACE = { ...ENVIRONMENT, PORT: '0', HOST: '127.0.0.1', DRAIN_TIME: '0' }

/** The lines of the log with an event. */
export function events({ output }: Program, event: string): Record<string, unknown>[] {
  return output.stdout
    .split('\n')
    .filter((line) => line.includes(`"event":"${event}"`) && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** Where the primary serves the metrics of all workers, if `METRICS_PORT` is set. */
export function metricsUrl(program: Program): string {
  const [{ port } = {}] = events(program, 'metrics_listening')
  return `http://127.0.0.1:${port}/metrics`
}

/** The metrics of all workers, as text. */
export async function scrape(program: Program): Promise<string> {
  return (await fetch(metricsUrl(program))).text()
}

/** The value of the first metric with the name, whatever its labels are. */
export function metricValue(text: string, name: string): number {
  return Number(new RegExp(`^${name}(?:{.*})? (.+)$`, 'm').exec(text)?.[1])
}

/** The status of a request on a connection of its own. */
export function newConnection(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      response.resume().on('end', () => resolve(Number(response.statusCode)))
    }).on('error', reject)
  })
}

/** Ends a server that is in order. Each process that ends by itself writes its coverage. */
export async function end(t: Test, program: Program): Promise<void> {
  program.kill('SIGTERM')
  t.strictSame(await program.exit, { code: 0, signal: null })
}

/**
 * A server of two workers that are ready.
 *
 * @param openFiles how many files each of its processes may open
 * @param file of the program
 */
export async function fleet(
  t: Test,
  environment: Record<string, string> = {},
  openFiles?: number,
  file = PROGRAM,
) {
  const issuer = await serve(t, (_request, response) =>
    response.end(JSON.stringify({ keys: [KEY.jwk] })),
  )
  const variables = { ...PLACE, AUTH0_DOMAIN: issuer, WORKERS: '2', ...environment }
  const program = start(t, file, variables, [], 'read', openFiles)
  const [, url = ''] = await program.says(/listening at (http:\/\/127\.0\.0\.1:\d+)/)
  await program.says(/"event":"workers_ready"/)
  const listening = () =>
    program.output.stdout.split('\n').filter((line) => line.includes('listening at'))
  const pids = () => listening().map((line) => Number((JSON.parse(line) as { pid: number }).pid))
  return { program, url, pids, status: async (path: string) => (await fetch(url + path)).status }
}
