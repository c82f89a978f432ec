/**
 * Finds words that this project does not use (docs/style.md) in the tracked text files. Prints
 * `file:line: word: what to write instead` for each, and exits with 1 if there are any.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const WORDS: readonly (readonly [pattern: string, instead: string])[] = [
  ['mend(?:s|ed|ing)?', 'fix'],
  ['whoever', 'anyone who, clients that'],
  ['whom(?:ever)?', 'who, clients that'],
  ['anew', 'again'],
  ['nobody but', 'only'],
  ['nothing but', 'only'],
  ['go(?:es)? by', 'use, follow'],
  ['hangs? on', 'depend on'],
  ['(?:is|are|was|were|be) to be had', 'available'],
  ["can(?:not|'t)? be had", '(un)available'],
  ["the vendor(?:'s|’s)?", 'Auth0'],
  ['dear(?:er)?', 'expensive'],
  ['lets? in', 'accept, allow'],
  ['turned away', 'rejected'],
  ['taken apart', 'decoded, parsed'],
  ['judg(?:e|es|ed|ing|ement)', 'validate, verify, check'],
  ['verdicts?', 'result'],
  ['(?<!there )(?:is|are) no (?!longer|more|less|need)', 'is not a …'],
  ['furnish(?:es|ed)?', 'create'],
  ['unhooked', 'raw'],
  ['third party APIs?', 'third-party API'],
  ['herein|thereof|therein|whence|lest', 'a modern word'],
  ['in truth', 'actually'],
  ['at one go', 'at once'],
  ['for (?:lack|want) of', 'because … is missing'],
]

/** Texts of others, or lists of these words. */
const EXCLUDED = [/^LICENSE$/, /package-lock\.json$/, /^docs\/style\.md$/, /^\.ci\/words\.ts$/]

/** Quotations: an RFC, or a text that Auth0 sends. Add the exact line, and say where it comes from. */
const QUOTATIONS: readonly string[] = []

const words = WORDS.map(
  ([pattern, instead]) => [new RegExp(`\\b(?:${pattern})\\b`, 'i'), instead] as const,
)
const { stdout } = spawnSync('git', ['ls-files', '-z'], { encoding: 'utf8' })
const files = stdout
  .split('\0')
  .filter((file) => file !== '' && !EXCLUDED.some((pattern) => pattern.test(file)))

let found = 0
for (const file of files) {
  const text = readFileSync(file, 'utf8')
  if (text.includes('\0')) continue
  for (const [index, line] of text.split('\n').entries()) {
    if (QUOTATIONS.includes(line.trim())) continue
    for (const [word, instead] of words) {
      const match = word.exec(line)
      if (match === null) continue
      found += 1
      console.log(`${file}:${index + 1}: ${match[0]}: ${instead}`)
    }
  }
}
console.log(`Words: ${files.length} files, ${found} found`)
process.exitCode = found === 0 && files.length > 0 ? 0 : 1
