/** Members whose name ends like this are never logged, at any depth and in any letter case. */
const SECRET_MEMBER =
  /(authorization|cookie|token|secret|password)":("(?:[^"\\]|\\.)*"|\[[^\]]*\])/gi
const CREDENTIALS = /\b(bearer|basic) [\w\-.~+/=]+/gi
const JWT = /\bey[\w-]{8,}\.[\w-]*(?:\.[\w-]*)*/g
const QUERY_VALUE = /([?&][^=&\s"\\]+=)[^&\s"\\]+/g

/**
 * Redacts secrets in a finished log line: members with a secret name and, wherever they occur,
 * credentials, tokens and the values of query parameters.
 */
export function redact(line: string): string {
  return line
    .replace(SECRET_MEMBER, '$1":"[redacted]"')
    .replace(CREDENTIALS, '$1 [redacted]')
    .replace(JWT, '[redacted]')
    .replace(QUERY_VALUE, '$1[redacted]')
}
