export const REDACTED = '[redacted]'

/** How the names of members, headers and parameters end whose values are never logged. */
const NAMES =
  'authorization|cookies?|tokens?|secrets?|passwords?|passphrases?|pwd|credentials?|session[-_]?ids?|api[-_]?keys?|private[-_]?keys?|assertions?'

const SECRET_NAME = new RegExp(`(?:${NAMES})$`, 'i')
const SECRET_HEADER = /^(?:(?:proxy-)?authorization|(?:set-)?cookie|dpop)$/i
const ANY_NAME = new RegExp(NAMES, 'i')

/**
 * A member of JSON text with a secret name, up to its value, unless that is redacted or not secret.
 * The quotes are escaped where the JSON is in a string.
 */
export const SECRET_MEMBER = new RegExp(
  `(?:${NAMES})\\\\*"\\s*:(?!\\s*(?:\\\\*"?\\[redacted\\]|null|true|false))`,
  'i',
)

// Each pattern takes time in proportion to the length of the text: no part of the text is searched
// again from another start. None matches a quotation mark or a backslash as part of a secret, so that
// a line of JSON stays valid.

/** A JWT: base64url of JSON, which begins with `{"` or `{ `. The letters may end an escape. */
const JWT = /(?<!\\u[\da-f]{3})ey[A-DI-L][\w-]{16,}(?:\.[\w-]*)*/g
const CREDENTIALS = /\b(bearer|basic)((?:\s|%20)+)[\w\-.~+/=]+/gi
/** The parameters of a URL, and of the fragment that an implicit flow returns. */
const PARAMETER = /([?&#][^?&#=\s"\\]+=)[^&#\s"\\]+/g
/** User name and password of a URL, such as that of a database. */
const USER_INFO = /(\/\/)[^\s/@:"\\]*:[^\s/@"\\]+(?=@)/g

/** `Cookie: a=b; c=d` */
const HEADER = /((?:authorization|cookie):\s?)[^\r\n"\\]+/gi
/** A form: `password=x`. */
const ASSIGNED = new RegExp(`((?:${NAMES})\\s?=\\s?)[^&\\s"'\\\\;,]+`, 'gi')
/** A printed object: `token: 'x'`. */
const QUOTED = new RegExp(`((?:${NAMES})'?\\s?[:=]\\s?')[^'"\\\\]+`, 'gi')

/** Plain text: `password: x`. Other names are common words in sentences. */
const PASSWORD = /((?:passwords?|passphrases?|pwd):\s?)[^\s"'\\;,]+/gi

/** Whether the value of a member is never logged. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}

/** Whether a list of names and values, such as `rawHeaders` of Node, has a secret after this name. */
export function isSecretHeader(name: unknown): boolean {
  return typeof name === 'string' && SECRET_HEADER.test(name)
}

/** Whether any secret name occurs in a text. */
export function hasSecretName(text: string): boolean {
  return ANY_NAME.test(text)
}

/** Redacts credentials, tokens and the values of parameters, wherever they occur in a text. */
export function redactText(text: string): string {
  const redacted = redactUnnamed(text)
  return hasSecretName(text) ? redactNamed(redacted) : redacted
}

/** Redacts what is recognized by its form. */
export function redactUnnamed(text: string): string {
  const redacted = text.replace(JWT, REDACTED).replace(CREDENTIALS, `$1$2${REDACTED}`)
  return redactWhere('=', PARAMETER, redactWhere('@', USER_INFO, redacted))
}

/** Redacts what is recognized by its name. */
function redactNamed(text: string): string {
  const redacted = text.replace(HEADER, `$1${REDACTED}`)
  const unquoted = redactWhere(':', PASSWORD, redactWhere('=', ASSIGNED, redacted))
  return redactWhere("'", QUOTED, unquoted)
}

/** @param character part of every match: every line is searched, and few lines have it */
function redactWhere(character: string, pattern: RegExp, text: string): string {
  return text.includes(character) ? text.replace(pattern, `$1${REDACTED}`) : text
}
