import { escapeSegment } from '../utils/json-pointer.ts'
import { declaredPath, type SharedSchemas } from './declared-path.ts'
import type { FieldError } from './http-error.ts'

/** A larger number of problems says no more to a client. */
const MAX_ERRORS = 20

/** A problem as Ajv describes it. */
export interface ValidationError {
  readonly instancePath: string
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message?: string
  /** The name of a member, if the problem is the name. */
  readonly propertyName?: string
}

type RequestPart = 'body' | 'headers' | 'params' | 'querystring'

/** A part of the request that is not as its schema describes. */
export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError'
  readonly statusCode = 400
  readonly code = 'FST_ERR_VALIDATION'
  readonly found: readonly ValidationError[]
  readonly validationContext: RequestPart

  constructor(found: readonly ValidationError[], part: RequestPart) {
    super(`Invalid ${part}`)
    this.found = found
    this.validationContext = part
  }
}

/**
 * The problems that Ajv found, for the client. Values are not repeated, and neither are names that
 * the client chose: a path contains only names that the schema declares.
 *
 * @param shared the schemas that the schema may refer to
 */
export function fieldErrors(
  found: readonly ValidationError[],
  schema: unknown,
  shared: SharedSchemas,
): readonly FieldError[] {
  return found.slice(0, MAX_ERRORS).map((error) => {
    const path = declaredPath(error.instancePath, schema, shared)
    const { missingProperty } = error.params
    return error.keyword === 'required'
      ? { path: `${path}/${escapeSegment(String(missingProperty))}`, message: 'is required' }
      : { path, message: messageOf(error) }
  })
}

/** What is expected. Apart from the names of members, Ajv's messages consist of parts of the schema. */
function messageOf({ keyword, params, message, propertyName }: ValidationError): string {
  const { allowedValues } = params
  if (keyword === 'additionalProperties') return 'must not have other members'
  if (Array.isArray(allowedValues)) {
    const values = allowedValues.map((value) =>
      typeof value === 'string' ? value : JSON.stringify(value),
    )
    return nameMessage(`must be one of ${values.join(', ')}`, propertyName)
  }
  return nameMessage(String(message), propertyName)
}

function nameMessage(message: string, propertyName: string | undefined): string {
  return propertyName === undefined ? message : `the names of members: ${message}`
}
