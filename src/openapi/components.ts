import { type ErrorFormat, problemFormat } from '../http/error-format.ts'
import type { ErrorDetail } from '../http/http-error.ts'
import { messageSchema } from '../http/message-schema.ts'
import { REJECTION_MESSAGES, SPECIAL_MESSAGES } from '../plugins/errors.ts'
import { MAX_HEADER_BYTES } from '../plugins/request-head.ts'
import type { Components, MediaType, Response } from './document.ts'

const FIELD_ERRORS = {
  type: 'array',
  description: 'What is wrong with the request, one entry for each problem.',
  items: {
    type: 'object',
    required: ['path', 'message'],
    properties: {
      path: {
        type: 'string',
        description: 'Where the problem is: a JSON Pointer into the body or to a parameter.',
      },
      message: { type: 'string', description: 'What is expected there.' },
    },
    additionalProperties: false,
  },
}
const CODE = { type: 'string', description: 'A stable code for programs.' }

const SCHEMAS = {
  Message: messageSchema,
  Error: {
    ...messageSchema,
    title: 'Error',
    properties: { ...messageSchema.properties, code: CODE, errors: FIELD_ERRORS },
  },
  Problem: {
    type: 'object',
    title: 'Problem',
    description: 'Problem details (RFC 9457).',
    required: ['type', 'title', 'status'],
    properties: {
      type: { type: 'string', format: 'uri-reference' },
      title: { type: 'string', description: 'The reason phrase of the status.' },
      status: { type: 'integer' },
      detail: { type: 'string', description: 'Text for people.' },
      code: CODE,
      errors: FIELD_ERRORS,
    },
    additionalProperties: false,
  },
}

const HEADERS = {
  'WWW-Authenticate': {
    description: 'What was wrong with the credentials (RFC 6750 §3, RFC 9449 §7.1).',
    required: true,
    schema: { type: 'string', pattern: '^(Bearer realm="api"|DPoP algs=)' },
  },
  'DPoP-Nonce': {
    description:
      'The nonce for the next proofs (RFC 9449 §9), if the error is `use_dpop_nonce`. A success may have one too.',
    required: false,
    schema: { type: 'string' },
  },
  'X-Request-Id': {
    description: "Identifies the request in the server's log. Every response has it.",
    required: true,
    schema: { type: 'string', format: 'uuid' },
  },
  'Retry-After': {
    description: 'Seconds to wait before trying again.',
    required: true,
    schema: { type: 'integer', minimum: 1 },
  },
  'RateLimit-Limit': {
    description: 'How many requests the limit of the route allows in its window.',
    schema: { type: 'integer', minimum: 1 },
  },
  'RateLimit-Remaining': {
    description: 'How many of them are left.',
    schema: { type: 'integer', minimum: 0 },
  },
  'RateLimit-Reset': {
    description: 'Seconds until the window ends.',
    schema: { type: 'integer', minimum: 0 },
  },
}

/** A status, and what an example of it says. */
type Example = readonly [status: number, detail?: ErrorDetail]

interface ErrorResponse {
  readonly description: string
  readonly headers?: readonly (keyof typeof HEADERS)[]
  readonly examples: Readonly<Record<string, Example>>
  /** Whether the body may have `code` and `errors`. */
  readonly isDetailed?: true
}

const MALFORMED: Example = [400, { message: REJECTION_MESSAGES[400] }]
const UNREADABLE: Example = [400]
const INVALID: Example = [
  400,
  { code: 'invalid_request', errors: [{ path: '/title', message: 'is required' }] },
]

const NOT_BOUND =
  'Or the token (`Bad credentials`, with `error="invalid_token"`) or its proof (with `error="invalid_dpop_proof"`) was rejected, or needs a new nonce (with `error="use_dpop_nonce"`).'
const BOUND =
  'Or the token (`Bad credentials`, with `error="invalid_token"`) is not bound to a key or was rejected, or its proof was (with `error="invalid_dpop_proof"`), or needs a new nonce (with `error="use_dpop_nonce"`). The challenge is `DPoP` alone.'
const STEP_UP = {
  description:
    'Or the user has to log in again, with the `acr_values` and `max_age` of the challenge as parameters (`Requires stronger authentication`, with `error="insufficient_user_authentication"`, RFC 9470).',
  examples: { insufficient: [401, { message: SPECIAL_MESSAGES.authentication_insufficient }] },
} as const

/** @param stepUp if the login has to be strong or recent */
function unauthorized(rejection: string, stepUp?: typeof STEP_UP): ErrorResponse {
  const missing =
    'No access token was sent (`Requires authentication`, and a challenge without an error code).'
  const parts = [missing, rejection, ...(stepUp === undefined ? [] : [stepUp.description])]
  return {
    description: parts.join(' '),
    headers: ['WWW-Authenticate', 'DPoP-Nonce'],
    examples: {
      missing: [401, { message: SPECIAL_MESSAGES.credentials_missing }],
      rejected: [401, { message: REJECTION_MESSAGES[401] }],
      ...stepUp?.examples,
    },
  }
}

const RESPONSES = {
  MalformedAuthorization: {
    description:
      'The `Authorization` header has the Bearer or DPoP scheme without exactly one token.',
    headers: ['WWW-Authenticate'],
    examples: { malformed: MALFORMED },
  },
  InvalidRequest: {
    description:
      'The body is not JSON, or a part of the request is not as described: `errors` names each problem.',
    examples: { unreadable: UNREADABLE, invalid: INVALID },
    isDetailed: true,
  },
  BadRequest: {
    description:
      'The `Authorization` header has the Bearer or DPoP scheme without exactly one token (the response then has a challenge in `WWW-Authenticate`). Or the body is not JSON, or a part of the request is not as described: `errors` names each problem.',
    examples: { malformed: MALFORMED, unreadable: UNREADABLE, invalid: INVALID },
    isDetailed: true,
  },
  Unauthorized: unauthorized(NOT_BOUND),
  UnauthorizedStepUp: unauthorized(NOT_BOUND, STEP_UP),
  UnauthorizedBound: unauthorized(BOUND),
  UnauthorizedBoundStepUp: unauthorized(BOUND, STEP_UP),
  Forbidden: {
    description: 'The access token is valid, but lacks the permission named in the challenge.',
    headers: ['WWW-Authenticate'],
    examples: { forbidden: [403, { message: REJECTION_MESSAGES[403] }] },
  },
  NotFound: {
    description: 'There is nothing at this path.',
    examples: { missing: [404] },
    isDetailed: true,
  },
  PayloadTooLarge: {
    description: 'The body is larger than the server accepts.',
    examples: { large: [413] },
  },
  UnsupportedMediaType: {
    description: 'The body is not of a media type that is described here.',
    examples: { other: [415] },
  },
  TooManyFailures: {
    description: 'This address has sent too many invalid tokens within a minute.',
    headers: ['Retry-After'],
    examples: { limited: [429] },
  },
  TooManyRequests: {
    description:
      'The limit of requests is reached, or this address has sent too many invalid tokens.',
    headers: ['Retry-After', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'],
    examples: { limited: [429] },
    isDetailed: true,
  },
  Unavailable: {
    description:
      "The tenant's keys, or the store of used proofs, are unavailable at the moment. The token may be valid.",
    headers: ['Retry-After'],
    examples: { unavailable: [503, { message: 'Unable to verify credentials' }] },
  },
} as const satisfies Record<string, ErrorResponse>

/** The statuses that are possible at any path. */
const ANYWHERE = [400, 404, 405, 408, 413, 415, 417, 431, 500, 503]

const ERROR_DESCRIPTION = `Error responses that are possible at any path. The message is the standard phrase of the status: 400 for malformed HTTP, 404 for an unknown path, 405 for another method (with \`Allow\`), 408 for an incomplete request, 413 for a body that is too large, 415 for a body of another media type, 417 for an unsupported expectation, 431 for headers over ${MAX_HEADER_BYTES / 1024} KiB, 500 for an internal error, 503 (with \`Retry-After\`) for overload.`

export type ErrorComponent = keyof typeof RESPONSES | 'Error'

/** What operations refer to: the scheme of access tokens, and the responses to errors. */
export function componentsFor(format: ErrorFormat): Components {
  const responses = Object.entries(RESPONSES).map(([name, { description, examples, ...rest }]) => {
    const { headers = [], isDetailed = false } = rest as ErrorResponse
    const names = ['X-Request-Id', ...headers]
    const response: Response = {
      description,
      headers: Object.fromEntries(
        names.map((header) => [header, { $ref: `#/components/headers/${header}` }]),
      ),
      content: { [mediaType(format)]: errorContent(format, examples, isDetailed) },
    }
    return [name, response]
  })
  const anywhere = Object.fromEntries(ANYWHERE.map((status) => [status, [status] as const]))
  return {
    securitySchemes: {
      accessToken: {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description:
          'An access token of the tenant whose `aud` contains the identifier of this API. A token that is bound to a key (RFC 9449) is sent with the scheme DPoP, and with a proof in the DPoP header.',
      },
      boundAccessToken: {
        type: 'http',
        scheme: 'dpop',
        bearerFormat: 'JWT',
        description:
          'An access token that is bound to a key of the client (DPoP, RFC 9449): the scheme is DPoP, and the DPoP header has a new proof for each request. Other tokens are rejected.',
      },
    },
    schemas: SCHEMAS,
    headers: HEADERS,
    responses: {
      ...Object.fromEntries(responses),
      Error: {
        description: ERROR_DESCRIPTION,
        content: { [mediaType(format)]: errorContent(format, anywhere, false) },
      },
    },
  }
}

/**
 * The content of an error response of a route's own.
 *
 * @param details what the examples say; undefined for the status alone
 */
export function failContent(
  format: ErrorFormat,
  status: number,
  details: readonly (ErrorDetail | undefined)[],
): Record<string, MediaType> {
  const given = details.filter((detail) => detail !== undefined)
  const examples = (given.length === 0 ? [{}] : given).map(
    (detail: ErrorDetail, index) =>
      [detail.code ?? `example${index + 1}`, [status, detail] as const] as const,
  )
  return { [mediaType(format)]: errorContent(format, Object.fromEntries(examples), true) }
}

function errorContent(
  format: ErrorFormat,
  examples: Readonly<Record<string, Example>>,
  isDetailed: boolean,
): MediaType {
  const values = Object.entries(examples).map(([name, [status, detail]]) => {
    const value: unknown = JSON.parse(format.body(status, detail))
    return [name, { value }] as const
  })
  const [[, first] = [], ...others] = values
  const schema = { $ref: `#/components/schemas/${schemaName(format, isDetailed)}` }
  return others.length === 0
    ? { schema, example: first?.value }
    : { schema, examples: Object.fromEntries(values) }
}

function schemaName(format: ErrorFormat, isDetailed: boolean): keyof typeof SCHEMAS {
  if (format === problemFormat) return 'Problem'
  return isDetailed ? 'Error' : 'Message'
}

function mediaType({ contentType }: ErrorFormat): string {
  return contentType.replace(/;.*/, '')
}
