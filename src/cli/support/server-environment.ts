import type { Management } from '../../management/client/client.ts'
import {
  browserLogin,
  readVariables,
  type Variables,
  writeVariables,
} from '../../management/provisioning/environment.ts'
import type { Streams } from './administration.ts'

const FILE = '.env'

/**
 * Adds the environment of a server to `.env`, secrets among it, and tells the names of what it
 * added.
 *
 * @param web the client of the browser login, if there is one
 */
export async function writeEnvironment(
  management: Management,
  web: string | undefined,
  environment: Variables,
  err: Streams['err'],
): Promise<void> {
  const there = await readVariables(FILE)
  const login = web === undefined ? {} : await browserLogin(management, web, there)
  const { added, kept } = await writeVariables(FILE, { ...environment, ...login })
  err.write(`${FILE}: ${added.length > 0 ? `added ${added.join(', ')}` : 'nothing to add'}.\n`)
  if (kept.length > 0) err.write(`${FILE}: left with other values: ${kept.join(', ')}.\n`)
  if (web !== undefined && Object.keys(login).length === 0) {
    err.write('The browser login is left out: its secret takes the scope read:client_keys.\n')
  }
}
