import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { assertDefined } from '../utils/assert-defined.ts'

/** This machine does not have the address, although the name stands for it. */
const NO_SUCH_ADDRESS = ['EADDRNOTAVAIL', 'EAFNOSUPPORT']

/**
 * Listens on each of the addresses, with the one HTTP server of the app behind all of them. Fastify
 * would make a second HTTP server for the second address of `localhost`, which lacks the listeners
 * that answer broken requests.
 *
 * @param port 0 for one that the system chooses
 * @returns the port
 * @throws Error where a port is in use
 */
export async function listen(
  app: FastifyInstance,
  addresses: readonly string[],
  port: number,
): Promise<number> {
  const [first, ...others] = addresses
  const doors: Server[] = []
  app.addHook('preClose', (done) => {
    for (const door of doors) door.close()
    done()
  })
  // Fastify waits for the connections of its own server alone.
  app.addHook('onClose', async () => {
    app.server.closeIdleConnections()
    await Promise.all(doors.map(isClosed))
  })
  try {
    await app.listen({ host: assertDefined(first, 'address'), port })
    const { port: bound } = app.server.address() as AddressInfo
    for (const address of others) {
      const door = createServer({ noDelay: true }, (socket) =>
        app.server.emit('connection', socket),
      )
      door.maxConnections = app.server.maxConnections
      if (await opens(door, bound, address)) doors.push(door)
    }
    return bound
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'EADDRINUSE') throw error
    throw new Error(`Port ${port} is in use (${message}). Is it running already?`, { cause: error })
  }
}

async function opens(door: Server, port: number, address: string): Promise<boolean> {
  door.listen(port, address)
  try {
    await once(door, 'listening')
    return true
  } catch (error) {
    if (NO_SUCH_ADDRESS.includes(String((error as NodeJS.ErrnoException).code))) return false
    throw error
  }
}

/** Resolves once a server that takes no connections any more has seen the last one end. */
function isClosed(door: Server): Promise<void> {
  return new Promise((resolve) => {
    door.getConnections((_error, count) => {
      if (count === 0) resolve()
      else door.once('close', () => resolve())
    })
  })
}

/**
 * @param host undefined for all interfaces
 * @returns every address that the host name stands for
 */
export async function addressesOf(host: string | undefined): Promise<string[]> {
  if (host === undefined) return ['']
  const found = await lookup(host, { all: true })
  return found.map(({ address }) => address)
}
