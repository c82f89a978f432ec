import type { IncomingMessage } from 'node:http'

/**
 * The value of every field line of that name, in order. Node's own `headers` keep the first of
 * several `Authorization` or `Host` lines and drop the others in silence.
 *
 * @param name in lower case
 */
export function fieldValues({ rawHeaders }: IncomingMessage, name: string): string[] {
  const values: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const field = rawHeaders[index] as string
    if (field.length === name.length && field.toLowerCase() === name) {
      values.push(rawHeaders[index + 1] as string)
    }
  }
  return values
}
