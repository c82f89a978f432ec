import { Ajv, type ErrorObject } from 'ajv'
import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'
import { assertDefined } from '../../utils/assert-defined.ts'
import { ManagementApiError } from './management-api-error.ts'

/** Bodies are validated as they are. Query parameters are text and are converted to their types. */
const bodyAjv = new Ajv({ useDefaults: true, strict: false })
const queryAjv = new Ajv({ coerceTypes: 'array', useDefaults: true, strict: false })

export const validatorCompiler: FastifySchemaCompiler<object> = ({ schema, httpPart }) =>
  (httpPart === 'body' ? bodyAjv : queryAjv).compile(schema)

/** The first validation error of a request, in Auth0's wording. */
export function validationError(
  errors: readonly FastifySchemaValidationError[],
  context: string | undefined,
): ManagementApiError {
  const problem = describeError(assertDefined(errors[0], 'validation error') as ErrorObject)
  return context === 'body'
    ? new ManagementApiError(400, `Payload validation error: '${problem}'.`, 'invalid_body')
    : new ManagementApiError(400, `Query validation error: '${problem}'.`, 'invalid_query_string')
}

function describeError({ keyword, params, message, instancePath }: ErrorObject): string {
  if (keyword === 'required') return `Missing required property: ${params['missingProperty']}`
  if (keyword === 'additionalProperties') {
    return `Additional properties not allowed: ${params['additionalProperty']}`
  }
  const property = instancePath.slice(1).replaceAll('/', '.')
  return property === '' ? `${message}` : `${message} on property ${property}`
}
