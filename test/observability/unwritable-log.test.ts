import { openSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { logging, pipe } from '../support/log-output.ts'

const SIGNAL_INTERVAL_MS = 30

/** The outputs that cannot be written, each with a name. */
const UNWRITABLE: Record<string, (t: Test) => number | 'unread'> = {
  'a full disk': () => openSync('/dev/full', 'w'),
  'a reader that is gone'(t) {
    const { writer, close } = pipe(t)
    close()
    return writer
  },
  'a pipe that is not read': (t) => pipe(t).writer,
  'a socket that is not read': () => 'unread',
}

for (const [name, open] of Object.entries(UNWRITABLE)) {
  test(`${name}: requests are answered, and SIGTERM ends the process`, async (t) => {
    const { server, url, fill } = await logging(t, open(t))
    for (let i = 0; i < 5; i++) t.equal(await fill(), 200)
    t.equal((await fetch(`${url}/livez`)).status, 200)
    server.kill('SIGTERM')
    t.strictSame(await server.exit, { code: 0, signal: null })
    t.equal(server.output.stderr, `port ${new URL(url).port}\n`)
  })

  test(`${name}: a second signal ends the process`, async (t) => {
    const { server, fill } = await logging(t, open(t), {
      DRAIN_TIME: '300',
      SHUTDOWN_TIMEOUT: '600',
    })
    t.equal(await fill(), 200)
    let isOver = false
    void server.exit.then(() => {
      isOver = true
    })
    // The system merges signals that a busy machine has not delivered yet, so that two may be one.
    while (!isOver) {
      server.kill('SIGTERM')
      await setTimeout(SIGNAL_INTERVAL_MS)
    }
    t.strictSame(await server.exit, { code: 1, signal: null })
  })

  test(`${name}: SHUTDOWN_TIMEOUT ends the process`, async (t) => {
    const { server, fill, post } = await logging(t, open(t), { SHUTDOWN_TIMEOUT: '1' })
    t.equal(await fill(), 200)
    const hanging = post('/hang').catch(() => 'cut')
    t.equal(await post('/log/1'), 200)
    server.kill('SIGTERM')
    t.strictSame(await server.exit, { code: 0, signal: null })
    t.equal(await hanging, 'cut')
  })

  test(`${name}: an uncaught error ends the process`, async (t) => {
    const { server, fill, post } = await logging(t, open(t))
    t.equal(await fill(), 200)
    t.equal(await post('/throw'), 200)
    t.strictSame(await server.exit, { code: 1, signal: null })
  })
}
