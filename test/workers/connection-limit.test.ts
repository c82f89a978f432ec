import { connect, type Socket } from 'node:net'
import { test } from 'tap'
import { sendRaw } from '../support/raw-http.ts'
import { until } from '../support/until.ts'
import { end, events, fleet, newConnection } from './fleet.ts'

/** The limit of a worker with so many files is half of them. */
const OPEN_FILES = 200
const LIMIT = OPEN_FILES / 2

test('connections beyond the limits of all workers are closed at once', async (t) => {
  const { program, url } = await fleet(t, {}, OPEN_FILES)
  const port = Number(new URL(url).port)
  const sockets: Socket[] = []
  let closed = 0
  const destroyAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  t.teardown(destroyAll)
  for (let n = 0; n < 2 * LIMIT + 50; n += 1) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.once('close', () => (closed += 1))
    sockets.push(socket)
  }
  await until(() => closed >= 50)
  await program.says(/"event":"connections_dropped"/)
  t.match(events(program, 'connections_dropped'), [{ limit: LIMIT, openFiles: OPEN_FILES }])
  destroyAll()
  await until(() => newConnection(`${url}/livez`).catch(() => 0))
  const request = 'GET /probe/public HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
  t.match(await sendRaw(port, '127.0.0.1', request), /^HTTP\/1\.1 200 /)
  await end(t, program)
})
