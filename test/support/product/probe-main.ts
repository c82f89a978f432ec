/** A program like src/main.ts, with the routes of the tests. */
import { runServer } from '../../../src/run-server.ts'
import server from './development-server.ts'

await runServer(server)
