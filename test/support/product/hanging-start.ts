/** A program whose second resource does not finish its start. */
import { runServer } from '../../../src/run-server.ts'

const report = (text: string) => void process.stdout.write(`${text}\n`)

await runServer({
  routes: [],
  resources: [
    { name: 'first', stop: () => report('first stopped') },
    {
      name: 'database',
      start() {
        report('database starts')
        return new Promise<void>(() => {
          // A client that retries for ever keeps the process running.
          setInterval(() => {}, 1_000)
        })
      },
    },
  ],
})
