import { connect, type Socket } from 'node:net'

/** A request as it goes over the wire. */
export function requestOf(path: string, token?: string): string {
  const authorization = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${authorization}\r\n`
}

/**
 * One request after the other on a kept connection, or on a new one where the server closed it.
 * Without node:http, whose own costs would be a good part of what it is to measure.
 */
export class Connection {
  readonly #port: number
  #socket: Socket | undefined
  #text = ''
  #answered: ((status: number) => void) | undefined
  #failed: ((error: Error) => void) | undefined

  constructor(port: number) {
    this.#port = port
  }

  /** @returns the status of the answer */
  send(request: string): Promise<number> {
    this.#socket ??= this.#open()
    this.#text = ''
    this.#socket.write(request, 'latin1')
    return new Promise((resolve, reject) => {
      this.#answered = resolve
      this.#failed = reject
    })
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #open(): Socket {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true })
    const gone = (error?: Error) => {
      if (this.#socket !== socket) return
      this.#socket = undefined
      this.#failed?.(error ?? new Error('The connection was closed before an answer.'))
    }
    return socket
      .setEncoding('latin1')
      .on('data', (chunk) => this.#read(String(chunk)))
      .on('error', gone)
      .on('close', () => gone())
  }

  #read(chunk: string): void {
    this.#text += chunk
    const end = this.#text.indexOf('\r\n\r\n')
    if (end < 0) return
    const head = this.#text.slice(0, end)
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1])
    if (this.#text.length < end + 4 + length) return
    if (/\r\nconnection: *close/i.test(head)) this.close()
    this.#failed = undefined
    this.#answered?.(Number(head.slice(9, 12)))
  }
}
