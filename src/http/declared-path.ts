import { unescapeSegment, valueAt } from '../utils/json-pointer.ts'

/** A path longer than this is cut: it points to what contains the problem. */
const MAX_SEGMENTS = 32

/** The schemas of `app.addSchema`, by `$id`. */
export type SharedSchemas = Readonly<Record<string, unknown>>

type Schema = Readonly<Record<string, unknown>>

/** A schema, and the document in which its local references are resolved. */
interface Located {
  readonly schema: Schema
  readonly root: unknown
}

/** Keywords whose schemas are for the same value as the schema that has them. */
const LISTS = ['allOf', 'anyOf', 'oneOf']
const SINGLES = ['if', 'then', 'else', 'not']
const MAPS = ['dependencies', 'dependentSchemas']

/**
 * A JSON Pointer (RFC 6901) in which a name that no schema declares is `*`, because the client chose
 * it.
 *
 * @param pointer into a value that the schema describes
 */
export function declaredPath(pointer: string, schema: unknown, shared: SharedSchemas): string {
  let current = applicable([{ schema: schema as Schema, root: schema }], shared)
  const path: string[] = []
  for (const segment of pointer.split('/').slice(1, MAX_SEGMENTS + 1)) {
    const name = unescapeSegment(segment)
    path.push(isDeclared(current, name) ? `/${segment}` : '/*')
    current = applicable(
      current.flatMap((located) => schemasOf(located, name)),
      shared,
    )
  }
  return path.join('')
}

/** Whether a schema has the name, or it can only be the index of an array. */
function isDeclared(current: readonly Located[], name: string): boolean {
  const schemas = current.map(({ schema }) => schema)
  if (schemas.some(({ properties }) => Object.hasOwn(Object(properties), name))) return true
  const isArray = schemas.some(({ items, prefixItems }) => items ?? prefixItems)
  const isMap = schemas.some(
    (schema) => schema['additionalProperties'] ?? schema['patternProperties'],
  )
  return isArray && !isMap && /^\d+$/.test(name)
}

/** The schemas of a member or an item. */
function schemasOf({ schema, root }: Located, name: string): Located[] {
  const { properties, patternProperties, additionalProperties } = schema
  const { items, prefixItems, additionalItems, contains } = schema
  const found = Object.hasOwn(Object(properties), name)
    ? [(properties as Schema)[name]]
    : [...Object.values(Object(patternProperties)), additionalProperties]
  const ofItems = /^\d+$/.test(name) ? [items, prefixItems, additionalItems, contains] : []
  return [...found, ...ofItems]
    .flat()
    .filter(isSchema)
    .map((next) => ({ schema: next, root }))
}

/** The schemas with all that they refer to, or are composed of. */
function applicable(start: readonly Located[], shared: SharedSchemas): readonly Located[] {
  const found = new Map<Schema, Located>()
  const visit = ({ schema, root }: Located): void => {
    if (found.has(schema)) return
    found.set(schema, { schema, root })
    const { $ref } = schema
    if (typeof $ref === 'string') {
      const target = resolve($ref, root, shared)
      if (isSchema(target.schema)) visit(target as Located)
    }
    const parts = [
      ...LISTS.flatMap((keyword) => schema[keyword]),
      ...SINGLES.map((keyword) => schema[keyword]),
      ...MAPS.flatMap((keyword) => Object.values(Object(schema[keyword]))),
    ]
    for (const part of parts.filter(isSchema)) visit({ schema: part, root })
  }
  start.forEach(visit)
  return [...found.values()]
}

/** The target of `#/definitions/a`, `id#` or `id#/a`. Of other references, no name is declared. */
function resolve($ref: string, root: unknown, shared: SharedSchemas) {
  const [id, fragment = ''] = $ref.split('#')
  const base = id === '' || id === undefined ? root : shared[id]
  return { schema: valueAt(base, decodeURIComponent(fragment)), root: base }
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
