import type { FastifyInstance } from 'fastify'
import type { ApiKeys, ConsoleApi } from '../console/console-api.ts'
import type { Directory } from '../directory/directory.ts'
import type { Sessions } from '../protocol/authorization/sessions.ts'
import type { SigningKeys } from '../protocol/tokens/signing-keys.ts'

export interface StatusOptions {
  readonly issuer: () => string
  readonly keys: SigningKeys
  readonly directory: Directory
  readonly sessions: Sessions
  /** The file of the tenant's data. */
  readonly dataFile: string
  readonly api: () => ConsoleApi | undefined
}

/** `GET /local-tenant/status`: whether the tenant works as its data says, for the command `tenant`. */
export async function statusControl(
  app: FastifyInstance,
  { issuer, keys, directory, sessions, dataFile, api }: StatusOptions,
): Promise<void> {
  app.get('/local-tenant/status', () => ({
    issuer: issuer(),
    api: api()?.url,
    apiKeys: describe(api()?.knownKeys()),
    faults: app.faults.active,
    keys: keys.publicJwks().keys.map(({ kid }) => kid),
    dataFile,
    changes: directory.changes().length,
    sessions: sessions.list().length,
  }))
}

/** The ids of the keys that the API knows, and the seconds for which an unknown one makes it fetch nothing. */
function describe(known: ApiKeys | undefined) {
  return known && { known: known.keys.map(({ kid }) => kid), cooldown: known.cooldown }
}
