import type { FastifyInstance } from 'fastify'
import type { Directory } from '../directory/directory.ts'
import type { DirectoryFile } from '../directory/directory-file.ts'
import type { Sessions } from '../protocol/authorization/sessions.ts'
import { requireJson } from './require-json.ts'

export interface ChangesOptions {
  readonly directory: Directory
  readonly file: DirectoryFile
  readonly sessions: Sessions
  /** The file of the tenant's data. */
  readonly dataFile: string
}

/** `/local-tenant/changes` and `/local-tenant/reset`: what differs from the data, and back to it, without faults. */
export async function changesControl(
  app: FastifyInstance,
  { directory, file, sessions, dataFile }: ChangesOptions,
): Promise<void> {
  const report = () => ({ dataFile, file: file.name, changes: directory.changes() })

  app.get('/local-tenant/changes', report)

  app.post('/local-tenant/reset', { onRequest: requireJson }, async () => {
    const undone = { ...report(), faults: app.faults.active }
    await app.faults.inject('up', 0)
    await undoChanges({ directory, file, sessions })
    return undone
  })
}

/** Makes the directory what the tenant's data says. Sessions of people who are not in the data end. */
export async function undoChanges({
  directory,
  file,
  sessions,
}: Omit<ChangesOptions, 'dataFile'>): Promise<void> {
  for (const collection of Object.values(directory.collections)) collection.reset()
  sessions.endWhere(({ persona }) => directory.personas.get(persona.name) === undefined)
  await file.save()
}
