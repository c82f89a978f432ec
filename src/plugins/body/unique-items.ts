import type { FuncKeywordDefinition } from 'ajv'

/**
 * The keyword `uniqueItems` (JSON Schema §6.4.3). Ajv's own compares all pairs where items may be
 * objects: 64 KiB take 1.5 s. Here, the time grows with the size.
 */
export const uniqueItems: FuncKeywordDefinition = {
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  errors: false,
  error: { message: 'must NOT have duplicate items' },
  validate: (isOn: boolean, items: readonly unknown[]) =>
    !isOn || new Set(items.map(normalize)).size === items.length,
}

/** The same text for equal values: the members of an object have no order. */
function normalize(value: unknown): string {
  return JSON.stringify(value, (_name, item: unknown) => {
    const isObject = typeof item === 'object' && item !== null && !Array.isArray(item)
    return isObject ? Object.fromEntries(Object.entries(item).sort(byName)) : item
  })
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1
}
