/** A program like src/main.ts, whose metrics cannot be read. */
import { runServer } from '../../../src/run-server.ts'
import server from './development-server.ts'

await runServer({
  ...server,
  routes: [
    ...server.routes,
    async (app) => {
      app.redisConnections.set('broken', () => {
        throw new Error('a bug')
      })
    },
  ],
})
