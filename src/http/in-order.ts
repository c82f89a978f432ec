import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Responds to the request that cannot be read, after the responses to earlier requests on the
 * connection (RFC 9112 §9.3.2). It is not called if the request, or an earlier one, already has a
 * response that ends the connection.
 *
 * @param respond gets the request, if its head was read
 */
export function inOrder(
  socket: Socket & { _httpMessage?: ServerResponse | null },
  respond: (request?: IncomingMessage) => void,
): void {
  const pending = socket._httpMessage
  if (!socket.writable) return
  if (!pending) respond()
  else if (pending.req.complete) pending.once('close', () => inOrder(socket, respond))
  else if (!pending.headersSent) {
    // The head was read, and a handler may wait for the rest. Its response goes nowhere.
    pending.detachSocket(socket)
    respond(pending.req)
  }
}
