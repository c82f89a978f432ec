/**
 * Checks alert rules, their tests and the metrics of the built server with promtool (Debian's package
 * "prometheus"). Prints `Observability: N passed, N failed`.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { runChecks } from './run-checks.ts'

const PROMTOOL = process.env['PROMTOOL'] ?? 'promtool'
const DEADLINE_MS = 30_000
const root = join(import.meta.dirname, '..')
const directory = join(root, 'deploy/observability')

function promtool(args: readonly string[], input = ''): string {
  const { status, stdout, stderr, error } = spawnSync(PROMTOOL, args, {
    cwd: directory,
    input,
    encoding: 'utf8',
  })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${stdout}${stderr}`)
  return stdout
}

async function rulesAreValid(): Promise<void> {
  promtool(['check', 'rules', '--lint-fatal', 'alerts.yaml'])
}

async function rulesFire(): Promise<void> {
  promtool(['test', 'rules', 'alerts.test.yaml'])
}

/** The metrics of the built server: their form, and the names and types that promtool expects. */
async function metricsAreValid(): Promise<void> {
  const tenant = createServer((_request, response) => response.end('{"keys":[]}'))
  await once(tenant.listen(0, '127.0.0.1'), 'listening')
  const { port } = tenant.address() as AddressInfo
  const server = spawn(process.execPath, ['dist/main.js'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...{ AUTH0_DOMAIN: `http://127.0.0.1:${port}`, AUTH0_AUDIENCE: 'https://api.test' },
      ...{ CLIENT_ORIGIN_URL: 'http://localhost:4040', HOST: '127.0.0.1' },
      ...{ PORT: '0', METRICS_PORT: '0', DRAIN_TIME: '0' },
    },
  })
  const ended = once(server, 'exit')
  try {
    const url = await metricsUrl(server.stdout)
    const metrics = await (await fetch(url)).text()
    // Lines that promtool reports are problems of prom-client's own metrics, or of ours.
    promtool(['check', 'metrics'], metrics)
  } finally {
    server.kill('SIGTERM')
    await ended
    tenant.closeAllConnections()
    tenant.close()
  }
}

async function metricsUrl(output: NodeJS.ReadableStream): Promise<string> {
  let log = ''
  const signal = AbortSignal.timeout(DEADLINE_MS)
  for (;;) {
    const [chunk] = await once(output, 'data', { signal })
    log += String(chunk)
    const [, port] = /"metrics_listening","port":(\d+)/.exec(log) ?? []
    if (port === undefined) continue
    output.resume()
    return `http://127.0.0.1:${port}/metrics`
  }
}

const checks = { rulesAreValid, rulesFire, metricsAreValid }
await runChecks('Observability', Object.entries(checks))
