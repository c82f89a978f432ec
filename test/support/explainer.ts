import { setImmediate } from 'node:timers/promises'
import type { Test } from 'tap'
import { loadConfig } from '../../src/config/load-config.ts'
import { explain, serverContext } from '../../src/explain/explanation.ts'
import { ENVIRONMENT, type TestAppOptions, testApp } from './app.ts'
import { NOW } from './tokens/tokens.ts'

/** Calls a test server with a token and explains its response. */
export async function explainer(t: Test, options: TestAppOptions = {}) {
  const { app, call, log } = await testApp(t, options)
  const { config } = loadConfig(ENVIRONMENT, options.environment ?? {})
  await app.ready()
  return async (bearer: string, route = '/probe/protected', host = 'localhost') => {
    const { status, message, headers } = await call(route, bearer, { host })
    const { challenge, code } = await app.dryRun({
      method: 'GET',
      url: route,
      headers: { authorization: `Bearer ${bearer}`, host },
    })
    const access = app.policies.get(route)?.get('GET') ?? {}
    const context = { ...serverContext(config), host, now: NOW }
    const explanation = explain(bearer, { status, message, challenge, code }, access, context)
    const line = () => log.findLast(({ requestId }) => requestId === headers['x-request-id'])
    while (line() === undefined) await setImmediate()
    return { ...explanation, refusal: line()?.['refusal'] }
  }
}
