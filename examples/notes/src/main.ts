import { runServer } from 'messages-api'
import server from './server.ts'

await runServer(server)
