import type { FastifyInstance } from 'fastify'
import type { Directory } from '../../directory/directory.ts'
import { sendPage } from '../../pages/tenant-page.ts'
import { OAuthError } from '../../protocol/oauth-error.ts'
import { parseParameters } from '../../protocol/parameters.ts'
import { EventStreams } from './event-streams.ts'
import type { RecentRequests, RecordedRequest } from './recent-requests.ts'
import { requestPage } from './request-page.ts'
import { requestRow, requestsPage } from './requests-page.ts'

export interface RequestPagesOptions {
  readonly directory: Directory
  readonly requests: RecentRequests
}

/** `/console/requests`: the last requests to the API as they come, each with its explanation. */
export async function requestPages(
  app: FastifyInstance,
  { directory, requests }: RequestPagesOptions,
): Promise<void> {
  const streams = new EventStreams()
  const eventOf = (request: RecordedRequest) => ({
    id: request.id,
    data: String(requestRow(request, directory)),
  })
  requests.subscribe((request) => {
    if (streams.size > 0) streams.send(eventOf(request))
  })
  // Before the server waits for its connections to end.
  app.addHook('preClose', async () => streams.close())

  app.get('/console/requests', async (_request, reply) =>
    sendPage(reply, requestsPage(requests.list(), directory)),
  )

  app.get('/console/requests/events', async ({ headers, query }, reply) => {
    const { after = '' } = parseParameters(query)
    if (streams.isFull) {
      const problem = 'Too many pages show the requests. Close some of them.'
      throw new OAuthError('temporarily_unavailable', problem, 503)
    }
    const missed = requests.after(String(headers['last-event-id'] ?? after))
    streams.open(reply.hijack().raw, missed.map(eventOf))
  })

  app.get<{ Params: { id: string } }>('/console/requests/:id', async ({ params }, reply) => {
    const request = requests.find(params.id)
    if (request !== undefined) return sendPage(reply, requestPage(request, directory))
    const problem = 'This request is not among the last 100, or the tenant was restarted since.'
    throw new OAuthError('not_found', problem, 404)
  })
}
