/** A program whose second resource does not start. It reports what happens to the first one. */
import { connect } from 'node:net'
import { runServer } from '../../../src/run-server.ts'

const report = (text: string) => void process.stdout.write(`${text}\n`)

/** Whether anything listens on the port of the server. */
function isListening(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(process.env['PORT']), '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
  })
}

await runServer({
  routes: [],
  resources: [
    { name: 'first', start: () => report('first started'), stop: () => report('first stopped') },
    {
      name: 'database',
      async start() {
        report(`listening: ${await isListening()}`)
        // A client that retries for ever keeps the process running.
        setInterval(() => {}, 1_000)
        throw new Error('cannot connect to postgres://api:PLANTED@127.0.0.1:1/notes')
      },
    },
    { name: 'last', start: () => report('last started') },
  ],
})
