import type { IncomingMessage } from 'node:http'

/**
 * The values of all header lines with a name, in order. Node's `headers` has only the first of several
 * `Authorization` or `Host` lines: https://github.com/nodejs/node/issues/45699
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

/** Whether a request has a body (RFC 9112 §6). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0
}
