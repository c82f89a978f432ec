import { STATUS_CODES } from 'node:http'
import type { FastifyReply } from 'fastify'
import { decodedOrEmpty } from '../explain/advice.ts'
import { type Explanation, explain } from '../explain/explanation.ts'
import type {
  RecentRequests,
  RecordedRequest,
} from '../local-tenant/console/requests/recent-requests.ts'
import type { OnRequestCompleted } from '../observability/request-log.ts'
import type { RunningServer } from '../server.ts'
import { anyToken } from '../tokens/bearer.ts'
import { visibleText } from '../utils/visible-text.ts'
import { explanationContext } from './console-api.ts'

/** In characters. A subject has at most 255 (OpenID Connect Core §2). */
const MAX_SUBJECT_LENGTH = 256

/**
 * Records requests for the console: to the routes of the product, to none, and those that could not be
 * parsed. Of the token, the record has only what explains the response.
 *
 * @param running the server, once it runs
 */
export function requestRecorder(
  requests: RecentRequests,
  running: () => RunningServer | undefined,
): OnRequestCompleted {
  return ({ requestId: id, method, route, status, duration, refusal, hint }, reply) => {
    const server = running()
    if (server === undefined) return
    if (route !== null && !server.app.productPaths.includes(route)) return
    requests.add({
      ...{ id, time: Date.now(), method, route, status, duration, refusal, hint },
      ...detailsOf(reply, server),
    })
  }
}

function detailsOf(
  reply: FastifyReply | undefined,
  server: RunningServer,
): Pick<RecordedRequest, 'subject' | 'isVerified' | 'explanation'> {
  if (reply === undefined) return { subject: undefined, isVerified: false, explanation: undefined }
  const { request } = reply
  const token = anyToken(request.headers.authorization)
  const { principal } = request
  const subject = principal?.subject ?? decodedOrEmpty(token).claims['sub']
  return {
    subject: typeof subject === 'string' ? bounded(subject) : undefined,
    isVerified: principal !== null,
    explanation: explanationOf(token, reply, server),
  }
}

function explanationOf(
  token: string,
  reply: FastifyReply,
  server: RunningServer,
): Explanation | undefined {
  const { request, statusCode } = reply
  const { access } = request.routeOptions.config
  if (access === undefined) return undefined
  // What a handler answers is not about the token.
  const status = request.authorized && request.allowed ? 200 : statusCode
  const answer = {
    status,
    message: String(STATUS_CODES[status]),
    challenge: reply.getHeader('www-authenticate') as string | undefined,
    code: request.refusal,
  }
  const context = explanationContext(server, request.hostname)
  // The check of the policy was made: the request was a real one.
  const { pendingCheck: _, ...explanation } = explain(token, answer, access, context)
  return explanation
}

function bounded(subject: string): string {
  return visibleText(subject.slice(0, MAX_SUBJECT_LENGTH))
}
