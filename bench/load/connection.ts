import { connect, type Socket } from 'node:net'

/** A GET request as text, or a POST if there is a body. */
export function formatRequest(path: string, token?: string, body?: string): string {
  const authorization = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`
  const head = `${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${authorization}`
  if (body === undefined) return `GET ${head}\r\n`
  const type = 'Content-Type: application/json\r\n'
  return `POST ${head}${type}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/**
 * Sends requests one after the other on a keep-alive connection, and reconnects when the server
 * closes it. Does not use node:http, whose overhead would be a large part of the measured latency.
 */
export class Connection {
  readonly #port: number
  #socket: Socket | undefined
  #received = ''
  #resolve: ((status: number) => void) | undefined
  #reject: ((error: Error) => void) | undefined

  constructor(port: number) {
    this.#port = port
  }

  /** @returns the status of the response */
  send(request: string): Promise<number> {
    this.#socket ??= this.#connect()
    this.#received = ''
    this.#socket.write(request, 'latin1')
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #connect(): Socket {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true })
    const onClosed = (error?: Error) => {
      if (this.#socket !== socket) return
      this.#socket = undefined
      this.#reject?.(error ?? new Error('The connection was closed before a response.'))
    }
    return socket
      .setEncoding('latin1')
      .on('data', (chunk) => this.#read(String(chunk)))
      .on('error', onClosed)
      .on('close', () => onClosed())
  }

  #read(chunk: string): void {
    this.#received += chunk
    const end = this.#received.indexOf('\r\n\r\n')
    if (end < 0) return
    const head = this.#received.slice(0, end)
    const contentLength = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1])
    if (this.#received.length < end + 4 + contentLength) return
    if (/\r\nconnection: *close/i.test(head)) this.close()
    this.#reject = undefined
    this.#resolve?.(Number(head.slice(9, 12)))
  }
}
