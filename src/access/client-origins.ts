/** What `*` in a pattern stands for: a label of a host name, or a part of one (RFC 1035 §2.3.4). */
const PART_OF_LABEL = '[a-z0-9-]{1,63}'

/**
 * The browser origins that may call the API: exact origins, and patterns with one `*`.
 *
 * An origin is compared as a browser sends it, with case and port. A pattern has one `*` of limited
 * length and is anchored at both ends, so the time to match is linear.
 */
export class ClientOrigins {
  /** What an origin equals or matches. */
  readonly matchers: readonly (string | RegExp)[]

  /** @param origins origins, and patterns such as `https://*--app.netlify.app` */
  constructor(origins: readonly string[]) {
    this.matchers = origins.map((origin) => (isPattern(origin) ? expressionOf(origin) : origin))
  }

  has(origin: string): boolean {
    return this.matchers.some((matcher) =>
      typeof matcher === 'string' ? matcher === origin : matcher.test(origin),
    )
  }
}

/** Whether an entry of the list stands for several origins. */
export function isPattern(origin: string): boolean {
  return origin.includes('*')
}

function expressionOf(pattern: string): RegExp {
  const literals = pattern.split('*').map((text) => text.replace(/[^a-z0-9-]/g, '\\$&'))
  return new RegExp(`^${literals.join(PART_OF_LABEL)}$`)
}
