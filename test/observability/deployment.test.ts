import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { parse } from 'yaml'
import { startServer } from '../../src/server.ts'
import { ENVIRONMENT } from '../support/app.ts'
import { fakeRedis } from '../support/fakes/redis.ts'
import { logSink } from '../support/log-sink.ts'
import { PROBE_SERVER } from '../support/probe-routes.ts'

const root = join(import.meta.dirname, '../..')
const directory = join(root, 'deploy/observability')

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly annotations: { readonly runbook: string }
}

const RULES = (
  parse(readFileSync(join(directory, 'alerts.yaml'), 'utf8')) as { groups: { rules: Rule[] }[] }
).groups.flatMap(({ rules }) => rules)

/** The expressions of the panels and variables of each dashboard. */
function dashboardExpressions(): string[] {
  const files = readdirSync(directory).filter((file) => file.startsWith('dashboard'))
  return files.flatMap((file) => {
    const text = readFileSync(join(directory, file), 'utf8')
    const found: string[] = []
    JSON.parse(text, (name, value) => {
      const isQuery = name === 'expr' || (name === 'query' && /^label_values\(/.test(value))
      if (isQuery) found.push(String(value))
      return value
    })
    return found
  })
}

const FUNCTIONS =
  /\b(sum|count|min|max|by|and|rate|increase|changes|histogram_quantile|label_values|le|job|instance)\b/

/** The metrics of an expression, without the suffixes of histograms. */
function metricsOf(expression: string): string[] {
  const bare = expression
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, ' ')
    .replaceAll(/\bby \([^)]*\)/g, ' ')
  return (bare.match(/[a-z_:][\w:]*/g) ?? [])
    .filter((word) => word.replace(FUNCTIONS, '') === word)
    .map((word) => word.replace(/(?<=_seconds)_(bucket|count|sum)$/, ''))
}

/** The names and types of all metrics of a server with every feature. */
async function serverMetrics(t: Test): Promise<Map<string, string>> {
  const redis = await fakeRedis(t)
  const environment = {
    ...ENVIRONMENT,
    ...{ PORT: '0', HOST: '127.0.0.1', METRICS_PORT: '0', DPOP: 'allowed', REDIS_URL: redis.url },
    // #region browser-login
    AUTH0_CLIENT_ID: 'client',
    AUTH0_CLIENT_SECRET: 'a client secret of over 32 characters',
    SESSION_SECRET: 'a session secret of over 32 characters',
    // #endregion browser-login
  }
  const { destination } = logSink()
  const { app, metricsPort } = await startServer(PROBE_SERVER, [environment], {
    logTo: destination,
  })
  t.teardown(() => app.close())
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  const types = text.matchAll(/^# TYPE (\S+) (\S+)$/gm)
  return new Map([...types].map(([, name = '', type = '']) => [name, type]))
}

test('alerts and dashboards name metrics that the server has', async (t) => {
  const metrics = await serverMetrics(t)
  const expressions = [...RULES.map(({ expr }) => expr), ...dashboardExpressions()]
  t.ok(expressions.length > 60)
  for (const expression of expressions) {
    const names = metricsOf(expression)
    t.ok(names.length > 0, expression)
    // Prometheus itself makes `up`.
    for (const name of names) t.ok(name === 'up' || metrics.has(name), `${name} in ${expression}`)
  }
})

test('each metric of the server is in a dashboard or an alert, or is about the process', async (t) => {
  const used = new Set(
    [...RULES.map(({ expr }) => expr), ...dashboardExpressions()].flatMap(metricsOf),
  )
  for (const name of (await serverMetrics(t)).keys()) {
    if (!/^(process|nodejs)_/.test(name)) t.ok(used.has(name), name)
  }
})

test('each counter ends with _total, and nothing else does', async (t) => {
  for (const [name, type] of await serverMetrics(t)) {
    t.equal(name.endsWith('_total'), type === 'counter', `${name} is a ${type}`)
  }
})

test('each alert has a section that says what to do, and tests of promtool', async (t) => {
  const document = readFileSync(join(root, 'docs/alerts.md'), 'utf8')
  const headings: readonly string[] = document.match(/^## .*$/gm) ?? []
  const tests = readFileSync(join(directory, 'alerts.test.yaml'), 'utf8')
  for (const { alert, annotations } of RULES) {
    t.equal(annotations.runbook, `docs/alerts.md#${alert.toLowerCase()}`)
    t.ok(headings.includes(`## ${alert}`), `docs/alerts.md describes ${alert}`)
    t.match(tests, `name: ${alert}\n`)
  }
})
