import { type ErrorDetail, reasonOf } from './http-error.ts'

/** How error responses are written. */
export interface ErrorFormat {
  readonly contentType: string
  body(status: number, detail?: ErrorDetail): string
  /** The text for people in a body. */
  messageOf(body: string): string
}

/** `{"message": …}`, with `code` and `errors` where a route gives them. */
export const messageFormat: ErrorFormat = {
  contentType: 'application/json; charset=utf-8',
  body: (status, { message = reasonOf(status), code, errors } = {}) =>
    JSON.stringify({ message, code, errors }),
  messageOf: (body) => JSON.parse(body).message,
}

/** Problem details (RFC 9457), with `code` and `errors` as extension members. */
export const problemFormat: ErrorFormat = {
  contentType: 'application/problem+json; charset=utf-8',
  body: (status, { message: detail, code, errors } = {}) =>
    JSON.stringify({ type: 'about:blank', title: reasonOf(status), status, detail, code, errors }),
  messageOf(body) {
    const { title, detail = title } = JSON.parse(body)
    return detail
  },
}
