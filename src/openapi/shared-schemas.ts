import { isDeepStrictEqual } from 'node:util'

/**
 * Names the components of the schemas of `app.addSchema` after their `$id`.
 *
 * @param taken names of other components
 */
export function componentNames(taken: readonly string[]) {
  const names = new Map<string, string>()
  return ({ $id }: { readonly $id?: string }): string => {
    const id = String($id)
    // OpenAPI 3.1, "Components Object": other characters are not allowed.
    const wanted = id.replaceAll(/[^\w.-]/g, '_')
    const isTaken = [...taken, ...names.values()].includes(wanted)
    const name = isTaken ? `${wanted}-${names.size + 1}` : wanted
    names.set(id, name)
    return name
  }
}

/**
 * A document has one schema for each name.
 *
 * @param scopes the schemas of each scope, by `$id`
 * @throws Error if two scopes have different schemas with one `$id`
 */
export function checkSharedSchemas(scopes: readonly Readonly<Record<string, unknown>>[]): void {
  const known = new Map<string, unknown>()
  for (const [id, schema] of scopes.flatMap((schemas) => Object.entries(schemas))) {
    if (known.has(id) && !isDeepStrictEqual(known.get(id), schema)) {
      throw new Error(
        `The routes use two schemas with the $id '${id}'. An OpenAPI document can have only one.`,
      )
    }
    known.set(id, schema)
  }
}
