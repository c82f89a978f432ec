/** The arguments of a command are wrong. The program shows the usage and ends with 2. */
export class UsageError extends Error {}

/** Longer texts may be tokens or secrets that are in the wrong place. */
const MAX_SHOWN = 40
const OPTION = /^--?[a-z][a-z-]{0,29}$/

/** An option for a message, if it looks like one: other texts may be tokens. */
export function shownOption(rawName: string): string {
  return OPTION.test(rawName) ? ` ${rawName}` : ''
}

export function shownArgument(argument: string): string {
  return argument.length > MAX_SHOWN ? '' : ` "${argument}"`
}

/** A sentence with the known name that is closest, if one is close. */
export function suggestion(name: string, known: readonly string[], prefix = ''): string {
  const close = known.find((one) => isClose(name, one))
  return close === undefined ? '' : ` Did you mean ${prefix}${close}?`
}

/** Whether one change, or two neighbours that changed places, or the missing end make the names equal. */
function isClose(name: string, known: string): boolean {
  if (name.length > 2 && known.startsWith(name)) return true
  const start = [...known].findIndex((character, index) => character !== name[index])
  const [rest, expected] = [name.slice(start), known.slice(start)]
  return (
    rest.slice(1) === expected.slice(1) ||
    rest === expected.slice(1) ||
    rest.slice(1) === expected ||
    (rest[0] === expected[1] && rest[1] === expected[0] && rest.slice(2) === expected.slice(2))
  )
}
