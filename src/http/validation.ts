import type { FieldError } from './http-error.ts'

/** A larger number of problems says no more to a client. */
const MAX_ERRORS = 20

/** A problem as Ajv describes it. */
interface ValidationError {
  readonly instancePath: string
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message?: string
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
}

/**
 * The problems that Ajv found, for the client. Values are not repeated, and neither are names that
 * the client chose: a path contains only names that the schema declares.
 */
export function fieldErrors(
  found: readonly ValidationError[],
  schema: unknown,
): readonly FieldError[] {
  return found.slice(0, MAX_ERRORS).map(({ instancePath, keyword, params, message = '' }) => {
    const path = declaredPath(instancePath, schema as JsonSchema)
    const { missingProperty, allowedValues } = params
    if (keyword === 'required')
      return { path: `${path}/${missingProperty}`, message: 'is required' }
    if (Array.isArray(allowedValues))
      return { path, message: `must be one of ${allowedValues.join(', ')}` }
    if (keyword === 'additionalProperties') return { path, message: 'must not have other members' }
    return { path, message }
  })
}

/** A JSON Pointer (RFC 6901) in which a segment that the schema does not declare is `*`. */
function declaredPath(instancePath: string, root: JsonSchema): string {
  let schema: JsonSchema | undefined = root
  const segments = instancePath
    .split('/')
    .slice(1)
    .map((segment) => {
      const { properties, items }: JsonSchema = schema ?? {}
      const isDeclared = properties !== undefined && Object.hasOwn(properties, segment)
      schema = isDeclared ? properties[segment] : items
      return isDeclared || (items !== undefined && /^\d+$/.test(segment)) ? segment : '*'
    })
  return segments.map((segment) => `/${segment}`).join('')
}
