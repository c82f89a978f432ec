import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { assertDefined } from '../utils/assert-defined.ts'

/** The host name resolves to the address, but this machine does not have it. */
const ADDRESS_UNAVAILABLE = ['EADDRNOTAVAIL', 'EAFNOSUPPORT']

/**
 * Listens on each of the addresses and passes all connections to the one HTTP server of the app. For
 * the second address of `localhost`, Fastify would create a second HTTP server, without the listeners
 * that answer malformed requests: https://github.com/fastify/fastify/pull/3606.
 *
 * @param port 0 for any free port
 * @param variable the name of the variable with the port, for the error message
 * @returns the port
 * @throws Error if a port is in use
 */
export async function listen(
  app: FastifyInstance,
  addresses: readonly string[],
  port: number,
  variable = 'PORT',
): Promise<number> {
  const [first, ...others] = addresses
  const secondaryServers: Server[] = []
  let isClosing = false
  let closed: Promise<unknown> = Promise.resolve()
  app.addHook('preClose', (done) => {
    isClosing = true
    closed = Promise.all(secondaryServers.map(close))
    done()
  })
  // Fastify waits only for the connections of its own server.
  app.addHook('onClose', async () => {
    app.server.closeIdleConnections()
    await closed
  })
  // Each of them counts its own connections.
  const maxConnections = Math.ceil(app.server.maxConnections / addresses.length)
  app.server.maxConnections = maxConnections
  try {
    await app.listen({ host: assertDefined(first, 'address'), port })
    const { port: actualPort } = app.server.address() as AddressInfo
    for (const address of others) {
      const server = createServer({ noDelay: true }, (socket) =>
        app.server.emit('connection', socket),
      )
      server.maxConnections = maxConnections
      server.on('drop', (connection) => app.server.emit('drop', connection))
      if (await tryListen(server, actualPort, address)) secondaryServers.push(server)
    }
    // A start can be interrupted while the servers begin to listen.
    if (isClosing) for (const server of [app.server, ...secondaryServers]) server.close()
    return actualPort
  } catch (error) {
    throw explainListenError(error, port, variable)
  }
}

/**
 * What to report if a server cannot listen: one line with the variable that helps, where it is known.
 *
 * @param variable the name of the variable with the port
 */
export function explainListenError(error: unknown, port: number, variable: string): unknown {
  const { code, address } = error as NodeJS.ErrnoException & { readonly address?: string }
  const explain = (message: string) => new Error(message, { cause: error })
  switch (code) {
    case 'EADDRINUSE': {
      const advice = `Stop the program that listens there, or set ${variable} to another port.`
      return explain(`Port ${port} is in use. ${advice}`)
    }
    case 'EADDRNOTAVAIL': {
      const advice = `Set ${variable.replace('PORT', 'HOST')} to an address of this machine.`
      return explain(`This machine does not have the address ${address}. ${advice}`)
    }
    case 'EACCES': {
      const advice = `Set ${variable} to a port above 1023.`
      return explain(`This process may not listen on port ${port}. ${advice}`)
    }
    default:
      return error
  }
}

/** @returns whether this machine has the address */
async function tryListen(server: Server, port: number, address: string): Promise<boolean> {
  server.listen(port, address)
  try {
    await once(server, 'listening')
    return true
  } catch (error) {
    if (ADDRESS_UNAVAILABLE.includes(String((error as NodeJS.ErrnoException).code))) return false
    throw error
  }
}

/** Stops to listen. Resolves when the last connection has ended. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

/**
 * @param host undefined for all interfaces
 * @param variable the name of the variable with the host, for the error message
 * @returns every address of the host name
 * @throws Error if the name has none
 */
export async function addressesOf(
  host: string | undefined,
  variable = 'HOST',
): Promise<[string, ...string[]]> {
  if (host === undefined) return ['']
  try {
    const found = await lookup(host, { all: true })
    return found.map(({ address }) => address) as [string, ...string[]]
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(`${variable} is invalid: ${host} has no address (${code})`, { cause: error })
  }
}
