import { createServer } from 'node:net'
import { configuration } from '../cli/support/configuration.ts'
import type { Config } from '../config/config.ts'
import type { ConfigError } from '../config/config-error.ts'
import type { Environment } from '../config/environment.ts'
import { loadConfig } from '../config/load-config.ts'
import { ask, examineKeySet, examineTenant } from './tenant-checks.ts'

/** One thing that was looked at. */
export interface Finding {
  readonly name: string
  readonly found: string
  /** What to do, where it is wrong. */
  readonly hint?: string
}

/**
 * Looks at a configuration and at what it names, in the order in which one leans on the other.
 *
 * @throws Error where no configuration can be had at all
 */
export async function diagnose(sources: readonly Environment[]): Promise<Finding[]> {
  const loaded = await load(await configuration(sources))
  if (Array.isArray(loaded)) return loaded
  const { config, warning = 'as they should be' } = loaded
  const { issuer, audience } = config.tokens
  return [
    { name: 'variables', found: warning },
    { name: 'issuer', found: `${issuer} (audience ${audience})` },
    { name: 'organizations', found: organizationsOf(config) },
    { name: 'origins', found: config.clientOrigins.join(', ') },
    await port(config),
    ...(await examineTenant(config)),
    await examineKeySet(config),
  ]
}

async function load(sources: readonly Environment[]) {
  try {
    return loadConfig(...sources)
  } catch (error) {
    return (error as ConfigError).problems.map(({ problem, expected }): Finding => {
      const readme = 'see Configuration in the README'
      const hint = expected === undefined ? readme : `expected ${expected}; ${readme}`
      return { name: 'variables', found: problem, hint }
    })
  }
}

function organizationsOf({ organizations: { known, required } }: Config): string {
  if (known.size === 0) return 'none known: tokens of an organization are refused'
  const names = [...known].join(', ')
  return required ? `${names}: each token has to carry one` : `${names}, or none`
}

async function port({ port, host = '::' }: Config): Promise<Finding> {
  const name = 'port'
  const problem = await listenProblem(port, host)
  if (problem === undefined) return { name, found: `${port} is free` }
  if (problem === 'EADDRINUSE' && (await isOurs(port))) {
    return { name, found: `${port} is where this server runs already` }
  }
  const hint =
    problem === 'EADDRINUSE'
      ? `Another program listens there: end it, or choose another port in PORT. lsof -i :${port} says which one it is.`
      : 'Choose a port above 1023 in PORT, and an address of this machine in HOST.'
  return { name, found: `${port} on ${host} cannot be had (${problem})`, hint }
}

/** The code of the system's error. */
function listenProblem(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(String(code)))
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
}

async function isOurs(port: number): Promise<boolean> {
  try {
    const response = await ask(`http://localhost:${port}/livez`)
    return (await response.text()) === '{"message":"Live"}'
  } catch {
    return false
  }
}
