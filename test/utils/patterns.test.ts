import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import ts from 'typescript'

const SOURCE = join(import.meta.dirname, '../../src')
/** Long enough to find the worst inputs, and short enough to try all. */
const SEARCH_LENGTH = 4_096
const LENGTHS = [65_536, 262_144] as const
/** The time grows 4 times if it is linear, and 16 times if it is quadratic. */
const MAX_GROWTH = 8
/** A quadratic search of 256 kB takes more than 10 s. Shorter times are not compared, because of noise. */
const NEGLIGIBLE_MS = 25
const MAX_PARTS = 14
/** Modules that create patterns when they are loaded. */
const WITH_CONSTRUCTOR = ['observability/redaction/redact-text.ts']
/** These create patterns from input that was validated and is short. */
const FROM_SHORT_INPUT = ['access/client-origins.ts', 'local-tenant/directory/server-origin.ts']

interface Found {
  readonly file: string
  readonly pattern: RegExp
}

/** The patterns of a file, and whether it creates others. */
function patternsOf(file: string) {
  const text = readFileSync(join(SOURCE, file), 'utf8')
  const found: Found[] = []
  let creates = false
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/')
      const pattern = new RegExp(node.text.slice(1, end), node.text.slice(end + 1))
      found.push({ file, pattern })
    }
    if (ts.isNewExpression(node) && node.expression.getText() === 'RegExp') creates = true
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true))
  return { file, found, creates }
}

/** The patterns that a module creates when it is loaded. */
async function createdPatterns(file: string): Promise<Found[]> {
  const found: Found[] = []
  const { RegExp: original } = globalThis
  globalThis.RegExp = new Proxy(original, {
    construct(target, args) {
      const pattern = Reflect.construct(target, args)
      found.push({ file, pattern })
      return pattern
    },
  })
  await import(join(SOURCE, file))
  globalThis.RegExp = original
  return found
}

/** One character for each part of a pattern, and the words in it. */
function partsOf({ source }: RegExp) {
  const characters = new Set<string>()
  const add = (part: string) => {
    const meant = { s: ' \n', d: '1', w: 'a', S: '!', D: '!', W: '!', r: '\r', n: '\n', t: '\t' }
    if (part.length === 1) characters.add(part)
    else {
      const letter = part.charAt(1)
      const chosen = meant[letter as keyof typeof meant] ?? (/\w/.test(letter) ? 'a' : letter)
      for (const character of chosen) characters.add(character)
    }
  }
  const plain = source.replace(/\(\?(?:[:=!]|<[=!])/g, '(')
  for (const [part, inside] of plain.matchAll(/\[((?:\\.|[^\]\\])*)\]|\\.|[^()[\]{}?*+|^$.]/g)) {
    if (inside === undefined) add(part)
    else {
      if (inside.startsWith('^')) characters.add('a')
      for (const [member] of inside.matchAll(/\\.|[^^]/g)) add(member)
    }
  }
  const words = plain.replace(/\\./g, ' ').match(/[a-z:]{2,}/gi) ?? []
  return { characters: [...characters].slice(0, MAX_PARTS), words: words.slice(0, 6) }
}

/** Repetitions of each part and each pair of parts, after what a match may begin with, not ended. */
function* inputsFor(pattern: RegExp) {
  const { characters, words } = partsOf(pattern)
  const pairs = characters.flatMap((one) => characters.map((other) => one + other))
  const quoted = characters.filter((character) => /["'/{]/.test(character))
  const prefixes = [...new Set(['', ...quoted, ...words])]
  prefixes.push(...quoted.flatMap((quote) => words.map((word) => quote + word)))
  for (const unit of [...characters, ...pairs, ...words]) {
    for (const prefix of prefixes) {
      for (const suffix of ['', '\0']) yield { unit, prefix, suffix }
    }
  }
}

type Input = ReturnType<typeof inputsFor> extends Generator<infer I> ? I : never

function textOf({ unit, prefix, suffix }: Input, length: number): string {
  return prefix + unit.repeat(Math.ceil(length / unit.length)) + suffix
}

/** In milliseconds, the shortest of some runs. */
function timeOf(pattern: RegExp, text: string, runs: number): number {
  const times = Array.from({ length: runs }, () => {
    const start = performance.now()
    // As `replace` does, for all matches. It begins at every position where none is found.
    text.replace(pattern, '')
    return performance.now() - start
  })
  return Math.min(...times)
}

function worstInputOf(pattern: RegExp): Input | undefined {
  let worst: Input | undefined
  let longest = -1
  for (const input of inputsFor(pattern)) {
    const text = textOf(input, SEARCH_LENGTH)
    const time = timeOf(pattern, text, 1)
    // Again, so that a pause of the process does not count.
    const again = time > longest ? timeOf(pattern, text, 2) : 0
    if (again > longest) [worst, longest] = [input, again]
  }
  return worst
}

/** How the time grows from the shorter to the longer text; 1 if both are short. */
function growthOf(pattern: RegExp, input: Input): number {
  const [short, long] = LENGTHS.map((length) => textOf(input, length)) as [string, string]
  // A quadratic search would take very long. Shorter texts tell as much then.
  const [quarter, sixteenth] = [4, 16].map((part) => textOf(input, LENGTHS[0] / part))
  if (timeOf(pattern, String(quarter), 1) > 2 * NEGLIGIBLE_MS) {
    return timeOf(pattern, String(quarter), 3) / timeOf(pattern, String(sixteenth), 5)
  }
  const time = timeOf(pattern, long, 2)
  return time < NEGLIGIBLE_MS ? 1 : timeOf(pattern, long, 3) / timeOf(pattern, short, 5)
}

test('each pattern takes time in proportion to the length of the text', async (t) => {
  const names = readdirSync(SOURCE, { recursive: true }).map(String)
  const files = names.filter((name) => name.endsWith('.ts')).map(patternsOf)
  const creating = files.filter(({ creates }) => creates).map(({ file }) => file)
  t.strictSame(creating.sort(), [...FROM_SHORT_INPUT, ...WITH_CONSTRUCTOR].sort())
  const created = await Promise.all(WITH_CONSTRUCTOR.map(createdPatterns))
  const patterns = [...files.flatMap(({ found }) => found), ...created.flat()]
  t.ok(patterns.length > 50)
  for (const { file, pattern } of patterns.filter(({ pattern: { source } }) =>
    /[*+,]/.test(source),
  )) {
    const input = worstInputOf(pattern)
    if (input === undefined) continue
    let growth = growthOf(pattern, input)
    for (let again = 0; growth > MAX_GROWTH && again < 2; again += 1) {
      growth = Math.min(growth, growthOf(pattern, input))
    }
    t.ok(growth <= MAX_GROWTH, `${file}: ${pattern} grows ${growth.toFixed(1)} times`, { input })
  }
})

test('the search finds a quadratic pattern', async (t) => {
  for (const pattern of [/\d+$/, /^(["']?)(?:bearer(?:\s+|$))?(.*?)\1$/is]) {
    const input = worstInputOf(pattern)
    t.ok(input !== undefined && growthOf(pattern, input) > MAX_GROWTH, String(pattern))
  }
})
