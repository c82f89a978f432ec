import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { test } from 'tap'
import { ENVIRONMENT } from '../support/app.ts'
import { start } from '../support/process.ts'

const CONNECTIONS = 64
const REQUESTS_EACH = 50
/** V8 writes what it decides about the objects of each place in the code. */
const TRACE = "process.getBuiltinModule('v8').setFlagsFromString('--trace-pretenuring-statistics')"

test('many connections at first do not make V8 allocate the objects of requests as old ones', async (t) => {
  const server = start(t, 'main.ts', {
    ...ENVIRONMENT,
    KEYS_START_TIMEOUT: '0',
    HOST: '127.0.0.1',
    PORT: '0',
    NODE_OPTIONS: `--import=data:text/javascript,${TRACE}`,
  })
  const [, url] = await server.says(/listening at (http:\/\/127\.0\.0\.1:\d+)/)
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  t.teardown(() => agent.destroy())
  const requests = Array.from({ length: CONNECTIONS }, async () => {
    for (let i = 0; i < REQUESTS_EACH; i++) {
      const [response] = await once(get(`${url}/api/messages/public`, { agent }), 'response')
      response.resume()
      await once(response, 'end')
    }
  })
  await Promise.all(requests)
  // V8 writes the rest of its output at the end.
  server.kill('SIGTERM')
  t.strictSame(await server.exit, { code: 0, signal: null })
  const { stdout } = server.output
  t.match(stdout, /pretenuring/)
  const duringRequests = stdout.slice(stdout.indexOf('"event":"request"'))
  t.strictSame(duringRequests.match(/AllocationSite.*=> tenure/g), null)
})
