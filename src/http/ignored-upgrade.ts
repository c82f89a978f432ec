import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import { hasBody } from './header-fields.ts'
import { inOrder } from './in-order.ts'

/**
 * Reads a request with `Upgrade`, which a server may ignore (RFC 9110 §7.8), as any other. By default,
 * Node responds to it, but drops further requests that arrived with it. One with a body is the last on its
 * connection, because Node 25 has another form for it: https://github.com/nodejs/node/pull/60016.
 */
export function readUpgradesAsRequests(server: Server): void {
  // A product may take upgrades, for WebSocket.
  const isTaken = () => server.listenerCount('upgrade') > 1
  // Node 24.9 and later ask. What is not taken is an ordinary request.
  const shouldUpgrade = (request: IncomingMessage) => isTaken() || !hasBody(request)
  Object.assign(server, { shouldUpgradeCallback: shouldUpgrade })
  // Node's own listener. The others would count the connection again.
  const [parseConnection] = server.listeners('connection') as [(socket: Socket) => void]
  server.on('upgrade', (request, duplex, rest) => {
    if (isTaken()) return
    const socket = duplex as Socket
    const destroy = () => void socket.destroy()
    socket.on('error', destroy)
    inOrder(socket, () => {
      socket.off('error', destroy)
      const head = headWithoutUpgrade(request, shouldUpgrade(request) ? [] : ['Connection: close'])
      socket.unshift(Buffer.concat([head, rest]))
      parseConnection.call(server, socket)
    })
  })
}

/** The head of a request as it was sent, without `Upgrade`. Node decodes heads as Latin-1. */
function headWithoutUpgrade(
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  added: readonly string[],
): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value] = rawHeaders.slice(index, index + 2)
    if (name.toLowerCase() !== 'upgrade') lines.push(`${name}: ${value}`)
  }
  return Buffer.from(`${[...lines, ...added].join('\r\n')}\r\n\r\n`, 'latin1')
}
