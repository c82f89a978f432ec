/** A program whose resource never stops, with a slow route. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { runServer } from '../../../src/run-server.ts'

/** How long the route takes, in milliseconds. */
const DURATION_MS = 1_000

async function slow(app: FastifyInstance): Promise<void> {
  app.get('/slow', { config: { access: 'public' } }, async ({ log }) => {
    log.info({ event: 'slow_began' })
    await sleep(DURATION_MS)
    return { message: 'late' }
  })
}

await runServer({
  routes: [slow],
  resources: [
    { name: 'hangs', stop: () => new Promise<void>(() => {}) },
    { name: 'stops', stop: () => void process.stdout.write('{"event":"stopped"}\n') },
  ],
})
