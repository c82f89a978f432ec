import type { IncomingMessage } from 'node:http'

/**
 * The value of every field line of that name, in order. Node's own `headers` keep the first of
 * several `Authorization` or `Host` lines and drop the others in silence.
 *
 * @param name in lower case
 */
export function fieldValues({ rawHeaders }: IncomingMessage, name: string): string[] {
  return rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name,
  )
}
