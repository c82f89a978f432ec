import { Ajv, type AnySchema, type ValidateFunction } from 'ajv'
import ajvFormats from 'ajv-formats'
import type { FastifyRouteSchemaDef } from 'fastify/types/schema.js'
import { uniqueItems } from './unique-items.ts'

export type Schema = Readonly<Record<string, unknown>>
type SharedSchemas = Readonly<Record<string, AnySchema | AnySchema[]>>

/** Makes the validators of a scope of routes from the schemas of `app.addSchema` in that scope. */
export type ValidatorFactory = (shared: SharedSchemas) => ValidatorCompiler
/** Gets a `FastifyRouteSchemaDef`, whatever Fastify's types say. */
type ValidatorCompiler = (route: unknown) => ValidateFunction

/**
 * Bodies are validated strictly: no value is coerced, no member is dropped, no default is added.
 * Parameters, headers and the query string are text, so their values are coerced, and unknown ones
 * are dropped where the schema allows no others.
 *
 * Fastify names the route if a validator throws while it compiles a schema.
 */
export function createValidatorFactory(): ValidatorFactory {
  // Fastify asks once for each plugin. Most share all their schemas.
  const compilers = new Map<string, ValidatorCompiler>()
  return (shared) => {
    const key = JSON.stringify(shared)
    const compiler = compilers.get(key) ?? createCompiler(shared)
    compilers.set(key, compiler)
    return compiler
  }
}

function createCompiler(shared: SharedSchemas): ValidatorCompiler {
  let ajvs: { readonly strict: Ajv; readonly coercing: Ajv } | undefined
  return (route) => {
    const { schema, httpPart } = route as FastifyRouteSchemaDef<Schema>
    // A bad shared schema throws here, where Fastify knows the route.
    ajvs ??= createAjvs(shared)
    if (httpPart === 'body') return ajvs.strict.compile(schema)
    return ajvs.coercing.compile(httpPart === 'headers' ? withLowerCaseNames(schema) : schema)
  }
}

function createAjvs(shared: SharedSchemas) {
  // The schemas of two routes may have one `$id`.
  const common = { addUsedSchema: false }
  const strict = new Ajv({ ...common, allErrors: true })
  const coercing = new Ajv({
    ...common,
    coerceTypes: 'array',
    removeAdditional: true,
    useDefaults: true,
  })
  for (const ajv of [strict, coercing]) {
    ajvFormats.default(ajv)
    ajv.removeKeyword('uniqueItems').addKeyword(uniqueItems)
    ajv.addSchema(Object.values(shared).flat())
  }
  return { strict, coercing }
}

/** Names of headers have no case (RFC 9110 §5.1), and Node has them in lower case. */
export function withLowerCaseNames(schema: Schema): Schema {
  if (typeof schema !== 'object') return schema
  const { properties = {}, required = [] } = schema as {
    readonly properties?: object
    readonly required?: readonly string[]
  }
  const lower = Object.entries(properties).map(([name, value]) => [name.toLowerCase(), value])
  return {
    ...schema,
    properties: Object.fromEntries(lower),
    required: required.map((name) => name.toLowerCase()),
  }
}
