import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { must } from './must.ts'

/** This machine does not have the address, although the name stands for it. */
const NO_SUCH_ADDRESS = ['EADDRNOTAVAIL', 'EAFNOSUPPORT']

/**
 * Listens on each of the addresses, with the one HTTP server of the app behind all of them. Fastify
 * would make a second HTTP server for the second address of `localhost`, which lacks the listeners
 * that answer broken requests.
 *
 * @param port 0 for one that the system chooses
 * @returns the port
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
  await app.listen({ host: must(first), port })
  const { port: bound } = app.server.address() as AddressInfo
  for (const address of others) {
    const door = createServer((socket) => app.server.emit('connection', socket))
    door.listen(bound, address)
    try {
      await once(door, 'listening')
      doors.push(door)
    } catch (error) {
      if (!NO_SUCH_ADDRESS.includes(String((error as NodeJS.ErrnoException).code))) throw error
    }
  }
  return bound
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
