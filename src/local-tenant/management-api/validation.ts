import { Ajv, type ErrorObject } from 'ajv'
import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'
import { assertDefined } from '../../utils/assert-defined.ts'
import { ManagementError } from './management-error.ts'

/** What is in a body is taken as it is; what is in a query is text that may stand for more. */
const bodies = new Ajv({ useDefaults: true, strict: false })
const queries = new Ajv({ coerceTypes: 'array', useDefaults: true, strict: false })

export const validatorCompiler: FastifySchemaCompiler<object> = ({ schema, httpPart }) =>
  (httpPart === 'body' ? bodies : queries).compile(schema)

/** The first thing that is wrong with a request, in the vendor's words. */
export function validationError(
  errors: readonly FastifySchemaValidationError[],
  context: string | undefined,
): ManagementError {
  const what = describe(assertDefined(errors[0], 'validation error') as ErrorObject)
  return context === 'body'
    ? new ManagementError(400, `Payload validation error: '${what}'.`, 'invalid_body')
    : new ManagementError(400, `Query validation error: '${what}'.`, 'invalid_query_string')
}

function describe({ keyword, params, message, instancePath }: ErrorObject): string {
  if (keyword === 'required') return `Missing required property: ${params['missingProperty']}`
  if (keyword === 'additionalProperties') {
    return `Additional properties not allowed: ${params['additionalProperty']}`
  }
  const property = instancePath.slice(1).replaceAll('/', '.')
  return property === '' ? `${message}` : `${message} on property ${property}`
}
