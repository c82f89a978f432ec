import { setTimeout } from 'node:timers/promises'
import { test } from 'tap'
import { ENVIRONMENT, testApp } from '../support/app.ts'
import { PUBLIC } from '../support/probe-routes.ts'
import { serve, start } from '../support/process.ts'
import { KEY } from '../support/tokens/keys.ts'

/** Longer than what the delay is averaged over. */
const OBSERVED_MS = 2_500
const PAUSE_MS = 5_000

test('a process that was stopped is not overloaded', async (t) => {
  const published = JSON.stringify({ keys: [KEY.jwk] })
  const issuer = await serve(t, (_request, response) => response.end(published))
  const server = start(t, '../test/support/product/probe-main.ts', {
    ...{ ...ENVIRONMENT, AUTH0_DOMAIN: issuer, PORT: '0', HOST: '127.0.0.1' },
    ...{ DRAIN_TIME: '0', MAX_EVENT_LOOP_DELAY: '0.02' },
  })
  const [, url] = await server.says(/listening at (http:\/\/127\.0\.0\.1:\d+)/)
  // Until a sample without the work of the start begins.
  await setTimeout(OBSERVED_MS)
  server.kill('SIGSTOP')
  await setTimeout(PAUSE_MS)
  server.kill('SIGCONT')
  const statuses = new Set<number>()
  for (const until = Date.now() + OBSERVED_MS; Date.now() < until; await setTimeout(20)) {
    statuses.add((await fetch(`${url}${PUBLIC}`)).status)
  }
  t.strictSame([...statuses], [200])
  server.kill('SIGTERM')
  t.strictSame(await server.exit, { code: 0, signal: null })
  t.notMatch(server.output.stdout, 'shedding_started')
})

test('without a limit, an event loop that was blocked is not overload', async (t) => {
  const { call } = await testApp(t, { environment: { MAX_EVENT_LOOP_DELAY: '0' } })
  for (let i = 0; i < 3; i++) {
    for (const until = Date.now() + 1_200; Date.now() < until; );
    await setTimeout(20)
    t.equal((await call(PUBLIC)).status, 200)
  }
})
