/** A program that logs as much as a test wants, and writes its port to standard error. */
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { runServer } from '../../../src/run-server.ts'

/** Only the lines of the routes are logged. */
const options = { config: { access: 'public' }, logLevel: 'warn' } as const
const PADDING = '.'.repeat(1000)
let next = 0

async function routes(app: FastifyInstance): Promise<void> {
  app.addHook('onListen', async () => {
    process.stderr.write(`port ${(app.server.address() as AddressInfo).port}\n`)
  })
  app.post<{ Params: { count: number } }>('/log/:count', options, ({ params }) => {
    for (const end = next + Number(params.count); next < end; next++) {
      app.log.info({ n: next, padding: PADDING }, 'line')
    }
    return {}
  })
  app.post('/hang', options, () => new Promise(() => {}))
  app.post('/throw', options, () => {
    setImmediate(() => {
      throw new Error('boom')
    })
    return {}
  })
}

// Node ignores the signal of a file that is too large. What tap loads into the process (signal-exit)
// ends it, unless there is another listener.
process.on('SIGXFSZ', () => {})

await runServer({ routes: [routes] })
