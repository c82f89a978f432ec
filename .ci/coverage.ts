/**
 * Runs the tests with coverage, and passes its arguments on to tap. If the coverage is not complete, it ends
 * with one sentence a file that names the lines which no test runs.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

interface Location {
  readonly start: { readonly line: number }
  readonly end: { readonly line: number }
}

/** The coverage of one file, in the format of Istanbul. Counts are by the ids of the maps. */
interface FileCoverage {
  readonly statementMap: Readonly<Record<string, Location>>
  readonly s: Readonly<Record<string, number>>
  readonly fnMap: Readonly<Record<string, { readonly loc: Location }>>
  readonly f: Readonly<Record<string, number>>
  readonly branchMap: Readonly<Record<string, { readonly locations: readonly Location[] }>>
  readonly b: Readonly<Record<string, readonly number[]>>
}

const REPORT = '.tap/report/coverage-final.json'
const reporters = ['--coverage-report=text', '--coverage-report=json']
const { status } = spawnSync('tap', [...reporters, ...process.argv.slice(2)], {
  stdio: 'inherit',
})
process.exitCode = status ?? 1
if (process.exitCode !== 0) {
  for (const sentence of sentences()) console.log(sentence)
}

function sentences(): string[] {
  const files = Object.entries(readReport())
  return files.flatMap(([file, coverage]) => {
    const lines = unused(coverage)
    const name = relative(process.cwd(), file)
    return lines.length === 0 ? [] : [`${name}: no test runs ${ranges(lines)}.`]
  })
}

function readReport(): Readonly<Record<string, FileCoverage>> {
  try {
    return JSON.parse(readFileSync(REPORT, 'utf8'))
  } catch {
    // A run that was interrupted has no report.
    return {}
  }
}

/** The lines of statements, functions and branches that did not run. */
function unused({ statementMap, s, fnMap, f, branchMap, b }: FileCoverage): number[] {
  const functions = Object.entries(fnMap).filter(([id]) => f[id] === 0)
  const statements = Object.entries(statementMap).filter(([id]) => s[id] === 0)
  const branches = Object.entries(branchMap).flatMap(([id, { locations }]) =>
    locations.filter((_, index) => b[id]?.[index] === 0),
  )
  const locations = [
    ...statements.map(([, location]) => location),
    ...functions.map(([, { loc }]) => loc),
    ...branches,
  ]
  const lines = locations.flatMap(({ start, end }) =>
    Array.from({ length: end.line - start.line + 1 }, (_, index) => start.line + index),
  )
  return [...new Set(lines)].sort((one, other) => one - other)
}

/** Such as `lines 3, 7-9`. */
function ranges(lines: readonly number[]): string {
  const found: [first: number, last: number][] = []
  for (const line of lines) {
    const range = found.at(-1)
    if (range?.[1] === line - 1) range[1] = line
    else found.push([line, line])
  }
  const texts = found.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`))
  return `${lines.length === 1 ? 'line' : 'lines'} ${texts.join(', ')}`
}
