import { randomBytes } from 'node:crypto'

/** An identifier as the vendor's are: a prefix that says what it is of, and 16 characters. */
export function newId(prefix: string): string {
  return `${prefix}${randomBytes(8).toString('hex')}`
}
