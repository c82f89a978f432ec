import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'tap'
import { PROTECTED, PUBLIC } from '../support/probe-routes.ts'
import type { Program } from '../support/process.ts'
import { until } from '../support/until.ts'
import { end, fleet, metricsUrl, metricValue, newConnection, scrape } from './fleet.ts'

/** Public requests that were counted by all workers. */
const COUNT = `http_request_duration_seconds_count{route="${PUBLIC}",method="GET",status="200"}`

/** Counters and histograms, by what stands before their values. */
function totals(metrics: string): Map<string, number> {
  const types = new Map([...metrics.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((m) => [m[1], m[2]]))
  const lines = metrics.split('\n').filter((line) => /^[^#\s]/.test(line))
  const samples = lines.map((line): [string, number] => {
    const space = line.lastIndexOf(' ')
    return [line.slice(0, space), Number(line.slice(space))]
  })
  return new Map(
    samples.filter(([name]) => {
      const base = name.replace(/{.*/, '')
      return (types.get(base) ?? types.get(base.replace(/_(bucket|sum|count)$/, ''))) !== 'gauge'
    }),
  )
}

/** The names of those that have fallen or are gone. */
function fallen(before: string, after: string): string[] {
  const found = totals(after)
  return [...totals(before)].flatMap(([name, value]) =>
    (found.get(name) ?? -Infinity) < value ? [name] : [],
  )
}

async function count(program: Program): Promise<number | undefined> {
  return totals(await scrape(program)).get(COUNT)
}

test('a reload: no request is lost from the counters, and gauges forget the old workers', async (t) => {
  const { program, url } = await fleet(t, { METRICS_PORT: '0' })
  const requests = async (times: number) => {
    for (let time = 0; time < times; time += 1) t.equal(await newConnection(url + PUBLIC), 200)
  }
  const headers = { authorization: 'Bearer malformed' }
  t.equal((await fetch(url + PROTECTED, { headers })).status, 401)
  await requests(10)
  // Of fetch. The others are being closed.
  await until(async () => metricValue(await scrape(program), 'connections_open') === 1)
  const before = await scrape(program)
  t.equal(totals(before).get(COUNT), 10)
  // The primary has not seen these when the workers end.
  await requests(5)
  program.kill('SIGHUP')
  await program.says(/"event":"reload_finished"/)
  const after = await scrape(program)
  t.equal(totals(after).get(COUNT), 15)
  t.equal(metricValue(after, 'refusals_total'), 1)
  t.strictSame(fallen(before, after), [])
  t.equal(metricValue(after, 'connections_open'), 0)
  t.equal(metricValue(after, 'connections_limit'), metricValue(before, 'connections_limit'))
  t.equal(metricValue(after, 'keys_known'), 1)
  await requests(3)
  t.equal(await count(program), 18)
  await end(t, program)
})

test('a worker that is killed: what was served of its counters stays', async (t) => {
  const { program, url, pids } = await fleet(t, { METRICS_PORT: '0' })
  for (let time = 0; time < 10; time += 1) await newConnection(url + PUBLIC)
  const before = await scrape(program)
  t.equal(totals(before).get(COUNT), 10)
  const [killed = 0] = pids()
  process.kill(killed, 'SIGKILL')
  await until(async () => {
    const now = await scrape(program)
    t.strictSame(fallen(before, now), [])
    return pids().length === 3 && metricValue(now, 'server_ready') === 1
  })
  t.equal(await count(program), 10)
  for (let time = 0; time < 4; time += 1) await newConnection(url + PUBLIC)
  t.equal(await count(program), 14)
  await end(t, program)
})

test('a worker that hangs, and one that ends while it is asked', async (t) => {
  const { program, url, pids } = await fleet(t, { METRICS_PORT: '0' })
  for (let time = 0; time < 10; time += 1) await newConnection(url + PUBLIC)
  const before = await scrape(program)
  const [hanging = 0] = pids()
  process.kill(hanging, 'SIGSTOP')
  const during = await scrape(program)
  t.strictSame(fallen(before, during), [])
  t.equal(totals(during).get(COUNT), 10)
  t.equal(metricValue(during, 'connections_limit'), metricValue(before, 'connections_limit') / 2)

  const request = get(metricsUrl(program), { agent: false })
  const answer = once(request, 'response') as Promise<[IncomingMessage]>
  await once(request, 'finish')
  // The primary has read the request before these.
  for (const path of ['/1', '/2']) t.equal(await newConnection(metricsUrl(program) + path), 404)
  process.kill(hanging, 'SIGKILL')
  const [response] = await answer
  const after = await text(response)
  t.strictSame(fallen(before, after), [])
  t.equal(totals(after).get(COUNT), 10, 'and nothing twice')
  await until(() => pids().length === 3)
  await end(t, program)
})
