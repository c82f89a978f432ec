import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import { inOrder } from './in-order.ts'

/**
 * Reads a request with `Upgrade`, which a server may ignore (RFC 9110 §7.8), as any other. By default,
 * Node responds to it, but drops what else arrived with it: the rest of its body and further requests.
 * No upstream issue found, as of Node 24.21.
 */
export function readUpgradesAsRequests(server: Server): void {
  server.on('upgrade', (request, duplex, rest) => {
    // A product may take upgrades, for WebSocket.
    if (server.listenerCount('upgrade') > 1) return
    const socket = duplex as Socket
    const destroy = () => void socket.destroy()
    socket.on('error', destroy)
    inOrder(socket, () => {
      socket.off('error', destroy)
      socket.unshift(Buffer.concat([headWithoutUpgrade(request), rest]))
      server.emit('connection', socket)
    })
  })
}

/** The head of a request as it was sent, without `Upgrade`. Node decodes heads as Latin-1. */
function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value] = rawHeaders.slice(index, index + 2)
    if (name.toLowerCase() !== 'upgrade') lines.push(`${name}: ${value}`)
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}
