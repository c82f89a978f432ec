import {
  hasSecretName,
  isSecretHeader,
  isSecretName,
  REDACTED,
  redactText,
  redactUnnamed,
  SECRET_MEMBER,
} from './redact-text.ts'

/** How deep objects are logged, and how many members of a line altogether. */
const MAX_DEPTH = 10
const MAX_MEMBERS = 2_000
/** How long texts and names of members are, and the texts of a line altogether, in characters. */
const MAX_TEXT_LENGTH = 8_192
const MAX_NAME_LENGTH = 200
const MAX_TEXT_LENGTH_OF_LINE = 32_768
/** A shorter text is always kept, such as an event after a long text. */
const MIN_TEXT_LENGTH = 40
/** How much of a text is searched for secrets. It is more than is kept, so that no secret is cut before it is found. */
const MAX_SEARCHED_LENGTH = 65_536
/** A finished line that is longer has bindings or output of serializers that were not bounded. */
const MAX_LINE_LENGTH = 131_072

const CIRCULAR = '[Circular]'
const TRUNCATED = '[truncated]'
const UNREADABLE = '[unreadable]'
const BINARY = '[binary]'

/**
 * Redacts a value before it is serialized: members with a secret name, whatever their value is, and
 * secrets in texts, JSON in texts included. What has no secret is returned as it is, not copied.
 */
export function redactValue(value: unknown): unknown {
  return new Redaction().value(value)
}

/**
 * Redacts the members of a log line.
 *
 * @param serialized the names of members whose serializer redacts
 */
export function redactMembers(
  line: Record<string, unknown>,
  serialized: ReadonlySet<string>,
): Record<string, unknown> {
  const redaction = new Redaction()
  const redacted: Record<string, unknown> = {}
  for (const name of Object.keys(line)) {
    redacted[name] = serialized.has(name)
      ? line[name]
      : redaction.read(() => redaction.member(name, line[name]))
  }
  return redacted
}

/**
 * Searches a finished line for what was not redacted as a value, such as the bindings of a child
 * logger. A line of JSON stays one.
 */
export function redactLine(line: string): string {
  if (line.length > MAX_LINE_LENGTH) return redactJson(line)
  if (!hasSecretName(line)) return redactUnnamed(line)
  return redactText(SECRET_MEMBER.test(line) ? redactJson(line) : line)
}

function redactJson(line: string): string {
  try {
    return `${JSON.stringify(redactValue(JSON.parse(line)))}\n`
  } catch {
    return `{"msg":"${REDACTED}"}\n`
  }
}

/** One line. Limits keep a large object, such as a socket, from holding up the process. */
class Redaction {
  readonly #ancestors = new Set<object>()
  #membersLeft = MAX_MEMBERS
  #textLeft = MAX_TEXT_LENGTH_OF_LINE

  value(value: unknown): unknown {
    if (typeof value === 'string') return this.#bounded(this.#text(wholeWords(value)), value)
    return typeof value === 'object' && value !== null ? this.#object(value) : value
  }

  member(name: string, value: unknown): unknown {
    const isSecret = isSecretName(name) && isWorthHiding(name, value)
    return isSecret ? REDACTED : this.value(value)
  }

  /** The result of a function that runs code of the logged object. */
  read(get: () => unknown): unknown {
    try {
      return get()
    } catch {
      return UNREADABLE
    }
  }

  #bounded(redacted: string, original: string): string {
    const length = Math.max(MIN_TEXT_LENGTH, Math.min(MAX_TEXT_LENGTH, this.#textLeft))
    const kept = redacted.slice(0, length)
    this.#textLeft -= kept.length
    const isWhole = kept.length === redacted.length && original.length <= MAX_SEARCHED_LENGTH
    return isWhole ? kept : kept + TRUNCATED
  }

  #text(text: string): string {
    const found = SECRET_MEMBER.exec(text)
    if (found === null) return redactText(text)
    const json = this.#parsed(text)
    if (json !== undefined) return redactText(JSON.stringify(this.value(json)))
    // Where the secret ends is not clear, so the rest of the text goes.
    return redactText(text.slice(0, found.index + found[0].length)) + REDACTED
  }

  #parsed(text: string): unknown {
    try {
      return JSON.parse(text)
    } catch {
      return undefined
    }
  }

  #object(object: object): unknown {
    if (ArrayBuffer.isView(object)) return BINARY
    if (this.#ancestors.has(object)) return CIRCULAR
    if (this.#ancestors.size === MAX_DEPTH) return TRUNCATED
    this.#ancestors.add(object)
    const redacted = this.read(() => this.#content(object))
    this.#ancestors.delete(object)
    return redacted
  }

  #item(list: readonly unknown[], index: number): unknown {
    return isSecretHeader(list[index - 1]) ? REDACTED : this.value(list[index])
  }

  #content(object: object & { toJSON?: unknown }): unknown {
    if (typeof object.toJSON === 'function') return this.value(object.toJSON())
    const names = Object.keys(object)
    const kept = names.slice(0, this.#membersLeft)
    this.#membersLeft -= kept.length
    const members = object as Record<string, unknown>
    let isChanged = kept.length < names.length
    const redacted = kept.map((name) => {
      const value = Array.isArray(object)
        ? this.#item(object, Number(name))
        : this.member(name, members[name])
      isChanged ||= value !== members[name]
      isChanged ||= name.length > MAX_NAME_LENGTH
      return [name.slice(0, MAX_NAME_LENGTH), value] as const
    })
    if (!isChanged) return object
    if (kept.length < names.length) redacted.push([TRUNCATED, names.length - kept.length])
    return Array.isArray(object) ? redacted.map(([, value]) => value) : Object.fromEntries(redacted)
  }
}

/** The part of a text that is searched. It ends with a word, since a part of a secret is not found. */
function wholeWords(text: string): string {
  if (text.length <= MAX_SEARCHED_LENGTH) return text
  const part = text.slice(0, MAX_SEARCHED_LENGTH)
  return part.slice(0, part.lastIndexOf(' ') + 1)
}

/** Null, booleans and a number of tokens are not secrets, whatever their name is. */
function isWorthHiding(name: string, value: unknown): boolean {
  if (typeof value === 'number' && /tokens$/i.test(name)) return false
  return value !== undefined && value !== null && typeof value !== 'boolean'
}
