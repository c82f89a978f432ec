import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Test } from 'tap'

export interface RawResponse {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** Sends bytes over a socket and reads until the server closes it. */
export function sendRaw(port: number, address: string, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const received: Buffer[] = []
    const socket = connect(port, address, () => socket.write(bytes))
    socket.on('data', (data) => received.push(data))
    socket.on('error', reject)
    socket.on('close', () => resolve(Buffer.concat(received).toString('latin1')))
  })
}

/** Reads one HTTP answer. */
export function parseRaw(text: string): RawResponse {
  const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s)
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = lines.map((line) => {
    const [name = '', value = ''] = line.split(/: (.*)/s)
    return [name.toLowerCase(), value] as const
  })
  return { status: Number(statusLine.split(' ')[1]), headers: new Map(headers), body }
}

/** Connections that send nothing, and how many of them the server closed. */
export async function silent(t: Test, port: number, count: number, host = '127.0.0.1') {
  const closed = { count: 0 }
  const sockets: Socket[] = []
  for (let i = 0; i < count; i += 1) {
    const socket = connect(port, host)
    socket.on('error', () => {})
    socket.on('close', () => (closed.count += 1))
    socket.resume()
    await once(socket, 'connect')
    sockets.push(socket)
  }
  t.teardown(() => sockets.forEach((socket) => void socket.destroy()))
  return { closed, sockets }
}
