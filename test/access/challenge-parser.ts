/** A challenge of `WWW-Authenticate`. */
export interface ParsedChallenge {
  /** In lower case. */
  readonly scheme: string
  readonly parameters: Readonly<Record<string, string>>
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const SCHEME = new RegExp(`(${TOKEN}) +`, 'y')
/** The quoted text has neither control characters nor bytes beyond ASCII. */
const PARAMETER = new RegExp(
  `(${TOKEN})=(?:"((?:[\\t !#-[\\]-~]|\\\\[\\t !-~])*)"|(${TOKEN}))`,
  'y',
)
const COMMA = / *, */y

/**
 * Reads challenges by the grammar of RFC 9110 §11.6.1, and nothing that it only tolerates: no empty list
 * element, no space around "=", no scheme without parameters, and no parameter twice (§11.2).
 *
 * @throws Error at the first character that does not fit
 */
export function parseChallenges(value: string): ParsedChallenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = []
  let position = 0
  const next = (pattern: RegExp) => {
    pattern.lastIndex = position
    const match = pattern.exec(value)
    if (match !== null) position = pattern.lastIndex
    return match
  }
  const fail = () => new Error(`Not a challenge at ${position}: ${value.slice(position)}`)
  while (position < value.length) {
    const parameter = next(PARAMETER)
    if (parameter === null) {
      const [, scheme] = next(SCHEME) ?? []
      if (scheme === undefined) throw fail()
      challenges.push({ scheme: scheme.toLowerCase(), parameters: {} })
      continue
    }
    const [, name = '', quoted, plain] = parameter
    const parameters = challenges.at(-1)?.parameters
    if (parameters === undefined || Object.hasOwn(parameters, name.toLowerCase())) throw fail()
    parameters[name.toLowerCase()] = plain ?? String(quoted).replace(/\\(.)/g, '$1')
    if (position < value.length && (next(COMMA) === null || position === value.length)) throw fail()
  }
  return challenges
}
