/** The names in a JSON Pointer (RFC 6901): none for an empty one, which means the whole value. */
function segmentsOf(pointer: string): string[] {
  return pointer.split('/').slice(1).map(unescapeSegment)
}

/** The value at a JSON Pointer. Only own members count, never one that an object inherits. */
export function valueAt(value: unknown, pointer: string): unknown {
  return segmentsOf(pointer).reduce(ownMember, value)
}

/** An own member of an object; undefined if there is none. */
export function ownMember(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
}

/** The name as a segment of a JSON Pointer. */
export function escapeSegment(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** The name that a segment of a JSON Pointer stands for. */
export function unescapeSegment(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~')
}
