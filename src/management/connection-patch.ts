import { isDeepStrictEqual } from 'node:util'
import { type Difference, isObject, type MergePatch } from './provisioning/merge-patch.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * Computes an update as JSON Merge Patch does (RFC 7396): members of objects are merged, null removes a
 * member, and a list becomes the wanted one. The differences are those between the current fields and
 * what is sent.
 */
export function connectionPatch(current: Fields, wanted: Fields): MergePatch {
  const next = merge(current, wanted)
  const differences = compare(current, next, '')
  const changes = Object.fromEntries(
    Object.entries(next).filter(([name, value]) => !isDeepStrictEqual(current[name], value)),
  )
  return { changes, differences }
}

function merge(current: unknown, wanted: Fields): Fields {
  const merged: Record<string, unknown> = isObject(current) ? { ...current } : {}
  for (const [name, value] of Object.entries(wanted)) {
    if (value === null) delete merged[name]
    else merged[name] = isObject(value) ? merge(merged[name], value) : value
  }
  return merged
}

/** @param path the prefix of the field names */
function compare(current: Fields, next: Fields, path: string): Difference[] {
  const names = [...new Set([...Object.keys(current), ...Object.keys(next)])]
  return names.flatMap((name) => {
    const [from, to] = [current[name], next[name]]
    if (isDeepStrictEqual(from, to)) return []
    const field = `${path}${name}`
    const members = from ?? {}
    return isObject(members) && isObject(to) && Object.keys(to).length > 0
      ? compare(members, to, `${field}.`)
      : [{ field, from, to }]
  })
}
