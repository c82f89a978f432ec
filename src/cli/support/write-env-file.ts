import type { ManagementClient } from '../../management/client/client.ts'
import {
  addVariables,
  readVariables,
  type Variables,
} from '../../management/provisioning/env-file.ts'
import { browserLoginVariables } from '../../management/provisioning/environment.ts'
import type { Streams } from './command.ts'

const FILE = '.env'

/**
 * Adds the server's variables to `.env`, including secrets, and prints the names of those that it
 * added.
 *
 * @param webClientId the client of the browser login, if there is one
 */
export async function writeEnvFile(
  management: ManagementClient,
  webClientId: string | undefined,
  variables: Variables,
  err: Streams['err'],
): Promise<void> {
  const existing = await readVariables(FILE)
  const login =
    webClientId === undefined ? {} : await browserLoginVariables(management, webClientId, existing)
  const { added, kept } = await addVariables(FILE, { ...variables, ...login })
  err.line(`${FILE}: ${added.length > 0 ? `added ${added.join(', ')}` : 'nothing to add'}.`)
  if (kept.length > 0) err.line(`${FILE}: kept existing values of ${kept.join(', ')}.`)
  if (webClientId !== undefined && Object.keys(login).length === 0) {
    err.line('The browser login was skipped: reading its secret needs the scope read:client_keys.')
  }
}
