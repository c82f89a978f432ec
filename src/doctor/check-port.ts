import { createServer } from 'node:net'
import type { Config } from '../config/config.ts'
import { fetchForCheck } from './fetch-for-check.ts'
import type { Finding } from './finding.ts'

/** Whether the server can listen on its port, or already does. */
export async function checkPort({ port, host }: Config): Promise<Finding> {
  const name = 'port'
  const problem = await tryListen(port, host)
  if (problem === undefined) return { name, found: `${port} is free` }
  if (problem === 'EADDRINUSE' && (await isThisServer(port))) {
    return { name, found: `${port} is in use by this server` }
  }
  const hint =
    problem === 'EADDRINUSE'
      ? `Another program uses this port: stop it, or set PORT to another port. lsof -i :${port} shows the program.`
      : 'Set PORT to a port above 1023, and HOST to an address of this machine.'
  return { name, found: `cannot listen on port ${port} (${problem})`, hint }
}

/**
 * @param host undefined for all interfaces; of IPv4 alone, if the machine has no IPv6
 * @returns the system's error code; undefined if the port is free
 */
function tryListen(port: number, host: string | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(String(code)))
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
}

async function isThisServer(port: number): Promise<boolean> {
  try {
    const response = await fetchForCheck(`http://localhost:${port}/livez`)
    return (await response.text()) === '{"message":"Live"}'
  } catch {
    return false
  }
}
