import type { ServerResponse } from 'node:http'

/** A browser has at most six connections to a server with HTTP/1.1. */
const MAX_STREAMS = 12
/** What a reader may leave unread in this process. */
const MAX_UNREAD_BYTES = 256 * 1024
const HEARTBEAT_MS = 15_000
const RETRY_MS = 2_000

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // At the end of the stream, the server does not wait for another request.
  connection: 'close',
}

export interface StreamEvent {
  /** The browser sends the last one when it connects again. */
  readonly id: string
  readonly data: string
}

/** Open responses with server-sent events. Number and memory are bounded. */
export class EventStreams {
  readonly #streams = new Set<ServerResponse>()
  readonly #heartbeat: NodeJS.Timeout

  /** @param heartbeatMs how often a comment is sent, so that a connection that was lost is noticed */
  constructor(heartbeatMs = HEARTBEAT_MS) {
    this.#heartbeat = setInterval(() => this.#write(': heartbeat\n\n'), heartbeatMs).unref()
  }

  get size(): number {
    return this.#streams.size
  }

  get isFull(): boolean {
    return this.#streams.size >= MAX_STREAMS
  }

  /** @param missed what the browser did not get before */
  open(response: ServerResponse, missed: readonly StreamEvent[]): void {
    response.on('close', () => this.#streams.delete(response))
    response.writeHead(200, HEADERS)
    response.write([`retry: ${RETRY_MS}\n\n`, ...missed.map(format)].join(''))
    this.#streams.add(response)
  }

  send(event: StreamEvent): void {
    this.#write(format(event))
  }

  close(): void {
    clearInterval(this.#heartbeat)
    for (const response of this.#streams) response.end()
  }

  /** Readers that are too slow are cut off. They connect again and get what they missed. */
  #write(text: string): void {
    for (const response of this.#streams) {
      response.write(text)
      if (response.writableLength > MAX_UNREAD_BYTES) response.destroy()
    }
  }
}

/** JSON, so that there is no line break in the data. */
function format({ id, data }: StreamEvent): string {
  return `id: ${id}\ndata: ${JSON.stringify(data)}\n\n`
}
