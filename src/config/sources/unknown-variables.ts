import { type Environment, fileForm } from '../environment.ts'
import { SERVICE_ADDRESS } from '../normalize.ts'

/** Variables with these prefixes are ours, or are meant for us. */
const PREFIXES = /^(AUTH0|DPOP)_/i

/** Other programs and platforms set these. The address of a service in Kubernetes is the last one. */
const FOREIGN =
  /^(npm_|KUBERNETES_)|_SERVICE_(HOST|PORT)(_|$)|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/i

/** Too many other names are similar to these. */
const AMBIGUOUS: readonly string[] = ['PORT', 'HOST']

/** What a warning lists at most. */
const MAX_REPORTED = 10
/** Longer names are not compared. */
const MAX_LENGTH = 64

/**
 * Finds variables that look like one of ours but are not, such as `AUTH_FAILURE_MAX`. A name is reported
 * if it has one of our prefixes, if its words differ from those of one of ours by two letters at most, or
 * if it names a file for one of ours that cannot be in a file.
 *
 * @param known the names of our variables
 * @returns a sentence for each; no value is in them
 */
export function describeUnknown(
  sources: readonly Environment[],
  known: readonly string[],
): string[] {
  const names = new Set<string>()
  for (const [name, value] of sources.flatMap((source) => Object.entries(source))) {
    if (!value || FOREIGN.test(name) || SERVICE_ADDRESS.test(value)) continue
    if (name.length <= MAX_LENGTH && !known.includes(name)) names.add(name)
  }
  const sentences: string[] = []
  for (const name of names) {
    const nearest = nearestOf(name, known)
    if (nearest !== undefined) sentences.push(`Unknown variable ${name}: is it ${nearest}?`)
    else if (isFileOf(name, known)) {
      sentences.push(`Unknown variable ${name}: only secrets can be in files.`)
    } else if (PREFIXES.test(name)) sentences.push(`Unknown variable ${name}.`)
  }
  return sentences.slice(0, MAX_REPORTED)
}

/** Whether the name is that of a known variable with `_FILE` at its end. */
function isFileOf(name: string, known: readonly string[]): boolean {
  return known.some((variable) => !AMBIGUOUS.includes(variable) && name === fileForm(variable))
}

/** The known name with the fewest differences, if it is similar enough. */
function nearestOf(name: string, known: readonly string[]): string | undefined {
  let nearest: { readonly name: string; readonly difference: number } | undefined
  for (const candidate of known) {
    const difference = differenceOf(name.toUpperCase(), candidate)
    if (difference === undefined) continue
    if (nearest === undefined || difference < nearest.difference) {
      nearest = { name: candidate, difference }
    }
  }
  return nearest?.name
}

/** The number of letters that differ; undefined if the names are not similar. */
function differenceOf(name: string, candidate: string): number | undefined {
  if (AMBIGUOUS.includes(candidate)) return undefined
  const words = candidate.split('_')
  const own = name.split(/[_.-]/)
  if (own.length !== words.length || words.length === 1) {
    const joined = distance(own.join(''), words.join(''), 1)
    return joined <= 1 ? joined : undefined
  }
  let sum = 0
  for (const [index, word] of words.entries()) {
    const max = word.length < 5 ? 1 : 2
    // PROXIES is as near to PROXY as PORTS to PORT.
    const difference = distance(String(own[index]).replace(/IES$/, 'Y'), word, max)
    if (difference > max) return undefined
    sum += difference
  }
  return sum <= 2 ? sum : undefined
}

/**
 * The optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
 *
 * @param max a greater distance is infinite. Most pairs are of different lengths, and the start is not slowed down
 */
function distance(a: string, b: string, max: number): number {
  if (Math.abs(a.length - b.length) > max) return Number.POSITIVE_INFINITY
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)]
  const at = (row: number, column: number) => Number(rows[row]?.[column])
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const options = [at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + cost]
      if (isSwap) options.push(at(i - 2, j - 2) + 1)
      rows[i]?.push(Math.min(...options))
    }
  }
  return at(a.length, b.length)
}
