import { FIXED_HEADERS } from '../../test/support/common-headers.ts'
import { ORIGIN, type Request } from './requests.ts'
import { isLast, type Response } from './response-parser.ts'

/** The messages of errors, by status. */
const MESSAGES: Readonly<Record<number, readonly string[]>> = {
  400: ['Bad Request', 'Malformed Authorization header'],
  401: ['Requires authentication', 'Bad credentials', 'Unauthorized'],
  403: ['Permission denied', 'Forbidden'],
  404: ['Not Found'],
  405: ['Method Not Allowed'],
  408: ['Request Timeout'],
  413: ['Payload Too Large'],
  414: ['URI Too Long'],
  415: ['Unsupported Media Type'],
  417: ['Expectation Failed'],
  421: ['Misdirected Request'],
  429: ['Too Many Requests'],
  431: ['Request Header Fields Too Large'],
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/

/**
 * What is wrong with a response, whatever its status should be.
 *
 * @param marker a text that the request may have in each of its parts
 */
export function problemsOf(response: Response, request: Request, marker: string): string[] {
  const { status, fields, body } = response
  const field = (name: string) => fields.get(name)?.join(' | ')
  const problems: string[] = []
  const expect = (isRight: boolean, problem: string) => {
    if (!isRight) problems.push(problem)
  }
  const type = field('content-type') ?? ''
  const isPage = type.startsWith('text/html') || /\/docs\b/.test(request.bytes.slice(0, 200))
  for (const [name, value] of Object.entries(FIXED_HEADERS)) {
    const isOwn = isPage && name === 'content-security-policy'
    expect(isOwn ? fields.get(name)?.length === 1 : field(name) === value, `header ${name}`)
  }
  expect(UUID.test(field('x-request-id') ?? ''), 'header x-request-id')
  expect(!Number.isNaN(Date.parse(field('date') ?? '')), 'header date')
  expect(/\borigin\b/i.test(field('vary') ?? ''), 'header vary')
  const allowed = field('access-control-allow-origin')
  expect(allowed === undefined || (allowed === ORIGIN && request.originAllowed), 'another origin')
  expect(
    (status === 401) === fields.has('www-authenticate') || [400, 403].includes(status),
    'header www-authenticate',
  )
  expect((status === 405) === fields.has('allow'), 'header allow')
  if (status === 204) expect(!fields.has('content-length'), 'Content-Length with 204')
  if (isLast(response)) expect(field('connection') === 'close', 'header connection')
  // A login starts with the parameters of its link, and an error page has a link to the next one.
  const repeated = [...fields].filter(([name]) => name !== 'location').join()
  const isRepeated = repeated.includes(marker) || (!isPage && body.includes(marker))
  expect(!isRepeated, 'a response repeats the request')
  expect(status < 500, `status ${status}`)
  if (status >= 400 && !isPage) {
    expect(type === 'application/json; charset=utf-8', 'header content-type')
    if (request.method !== 'HEAD') expect(isErrorBody(status, body), 'body of the error')
  }
  return problems
}

function isErrorBody(status: number, body: string): boolean {
  try {
    const { message, ...others } = JSON.parse(body)
    // The problems of a body with a schema.
    const isInvalid = status === 400 && others.code === 'invalid_request'
    const names = Object.keys(others).filter(
      (name) => !isInvalid || !['code', 'errors'].includes(name),
    )
    return names.length === 0 && (MESSAGES[status]?.includes(message) ?? false)
  } catch {
    return false
  }
}
