import { connect } from 'node:net'

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
