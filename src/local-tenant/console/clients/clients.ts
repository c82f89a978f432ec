import type { FastifyInstance } from 'fastify'
import type { Directory } from '../../directory/directory.ts'
import { sendPage } from '../../pages/tenant-page.ts'
import { OAuthError } from '../../protocol/oauth-error.ts'
import { parseParameters, requireParameter } from '../../protocol/parameters.ts'
import { clientsView, PATH } from './clients-view.ts'

export interface ClientsPageOptions {
  readonly directory: Directory
  /** The file of the tenant's data. */
  readonly dataFile: string
}

/** `/console/clients`: the applications. A secret is shown on request, and is in no URL. */
export async function clientsPage(
  app: FastifyInstance,
  { directory, dataFile }: ClientsPageOptions,
): Promise<void> {
  app.get(PATH, async (_request, reply) => sendPage(reply, clientsView(directory, dataFile)))

  app.post(PATH, async ({ body }, reply) => {
    const client = directory.clients.get(requireParameter(parseParameters(body), 'client'))
    if (client?.secret !== undefined)
      return sendPage(reply, clientsView(directory, dataFile, client))
    throw new OAuthError('invalid_request', 'There is no client with this id and a secret.')
  })
}
