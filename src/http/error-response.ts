import { COMMON_HEADERS } from './common-headers.ts'
import type { ErrorFormat } from './error-format.ts'

/** A complete error response, where no hook of Fastify adds headers. */
export interface ErrorResponse {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** @param origin the `Origin` of the request */
export type CreateErrorResponse = (
  status: number,
  requestId: string,
  origin: string | undefined,
) => ErrorResponse

/** @param cors gives the CORS headers for an origin */
export function errorResponses(
  format: ErrorFormat,
  cors: { headers(origin?: string): Record<string, string> },
): CreateErrorResponse {
  return (status, requestId, origin) => {
    const body = format.body(status)
    const headers = {
      ...COMMON_HEADERS,
      ...cors.headers(origin),
      'x-request-id': requestId,
      'content-type': format.contentType,
      'content-length': String(Buffer.byteLength(body)),
    }
    return { headers, body }
  }
}
