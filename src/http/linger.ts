import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** How much is read from a client, and dropped, after the response that ends its connection. */
const MAX_DISCARDED_BYTES = 64 * 1024

/** The connections that are closing: nothing further is written to them. */
const lingering = new WeakSet<Socket>()

/** The connections whose further requests are not handled. */
const ending = new WeakSet<Socket>()

/**
 * Makes the server close a connection in stages (RFC 9112 §9.6) after a response with
 * `Connection: close`. Node would close it at once. If the client still sends, it would then get a
 * reset, and might lose the response.
 *
 * @param time how long the client has to read the response and to close, in milliseconds
 */
export function closeInStages(server: Server, time: number): void {
  server.on('connection', (socket: Socket) => {
    // Node calls this method after the last response on a connection. It has no event or option for it.
    socket.destroySoon = () => linger(socket, time)
  })
}

/** Whether the last response of a connection was sent. */
export function isLingering(socket: Socket): boolean {
  return lingering.has(socket)
}

/** Handles no further request of a connection: the response to the current one ends it (RFC 9112 §9.6). */
export function handleNoMore(socket: Socket): void {
  ending.add(socket)
}

/** Whether the requests of a connection are not handled any more. */
export function handlesNoMore(socket: Socket): boolean {
  return ending.has(socket)
}

/**
 * Ends the sending side, so that the client sees the end of the response. What the client still sends is
 * read and dropped up to a limit, and not read beyond it. The connection is destroyed when the client has
 * closed its side, or when the time is over.
 *
 * @param time in milliseconds
 */
export function linger(socket: Socket, time: number): void {
  lingering.add(socket)
  socket.end()
  const timer = setTimeout(() => socket.destroy(), time)
  socket.once('close', () => clearTimeout(timer))
  // While Node's HTTP parser reads from a paused socket, only its own listener of `resume` can make it
  // read again. It comes first.
  if (socket.isPaused()) socket.once('resume', () => discard(socket)).resume()
  else discard(socket)
}

/** Drops what arrives. Node's HTTP parser gets none of it, so that it cannot be another request. */
function discard(socket: Socket): void {
  let bytes = 0
  socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes >= MAX_DISCARDED_BYTES) socket.pause()
  })
}
