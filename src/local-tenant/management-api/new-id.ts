import { randomBytes } from 'node:crypto'

/** An id in Auth0's format: the prefix of the resource type and 16 characters. */
export function newId(prefix: string): string {
  return `${prefix}${randomBytes(8).toString('hex')}`
}
