import { test } from 'tap'
import { sendRaw, silent } from '../support/raw-http.ts'
import { until } from '../support/until.ts'
import { end, events, fleet, newConnection } from './fleet.ts'

/** The limit of a worker with so many files is half of them. */
const OPEN_FILES = 200
const LIMIT = OPEN_FILES / 2

test('connections beyond the limits of all workers are closed at once', async (t) => {
  const { program, url } = await fleet(t, {}, OPEN_FILES)
  const port = Number(new URL(url).port)
  const { closed, sockets } = await silent(t, port, 2 * LIMIT + 50)
  await until(() => closed.count >= 50)
  await program.says(/"event":"connections_dropped"/)
  t.match(events(program, 'connections_dropped'), [{ limit: LIMIT, openFiles: OPEN_FILES }])
  for (const socket of sockets) socket.destroy()
  await until(() => newConnection(`${url}/livez`).catch(() => 0))
  const request = 'GET /probe/public HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
  t.match(await sendRaw(port, '127.0.0.1', request), /^HTTP\/1\.1 200 /)
  await end(t, program)
})
