/**
 * Removes parts that a team does not need, with their tests, scripts, packages and documents:
 *
 *     npm run remove -- browser-login management
 *
 * It changes files and package.json, and nothing else: look at the difference before you commit.
 */
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { withoutReferences } from './documents.ts'
import { importersOf, orphansOf } from './imports.ts'
import { unusedPackages, updatePackage } from './packages.ts'
import { PARTS } from './parts.ts'
import { withoutRegions } from './regions.ts'

/** Files in which a region may stand. */
const TEXT = /\.(ts|md|ya?ml|json)$|^\.env\.example$|^\.ci\/run$/

/** The arguments are wrong. As in the other commands, the exit code is 2. */
class UsageError extends Error {}

function usage(): string {
  const lines = Object.entries(PARTS).map(([name, { summary }]) => `  ${name.padEnd(15)}${summary}`)
  return ['Usage: npm run remove -- <part> [<part> ...]', 'Parts:', ...lines, ''].join('\n')
}

function help(): string {
  return `${usage()}
Removes parts that you do not need, with their tests, scripts, packages and documents. It changes files only,
and starts only if all changes are committed: look at git diff afterwards.

Example:
  npm run remove -- browser-login

Exit code: 0 removed, 1 not removed, 2 wrong arguments.
`
}

/** @throws Error if a part is unknown, or needed by one that stays */
function check(names: readonly string[]): void {
  if (names.length === 0 || !names.every((name) => Object.hasOwn(PARTS, name)))
    throw new UsageError(usage())
  for (const name of names) {
    const users = (PARTS[name]?.neededBy ?? []).filter((user) => !names.includes(user))
    const present = users.filter((user) => PARTS[user]?.paths.some((path) => existsSync(path)))
    if (present.length === 0) continue
    const command = `npm run remove -- ${[...names, ...present].join(' ')}`
    throw new Error(`The tests of ${present.join(', ')} need ${name}. Remove both: ${command}\n`)
  }
}

/** @throws Error if there is work that `git restore` would not bring back */
function checkIsCommitted(): void {
  if (run('git', ['status', '--porcelain'], 'pipe') === '') return
  throw new Error('There are changes that are not committed. Commit them first.\n')
}

function run(command: string, args: readonly string[], stdio: 'pipe' | 'inherit' = 'inherit') {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', stdio })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed\n`)
  return stdout
}

/** Formats what is left, and removes the imports that nothing uses any more. */
function tidy(): void {
  const unused = ['--only=correctness/noUnusedImports', '--write', '--unsafe']
  run('node_modules/.bin/biome', ['lint', ...unused, '--log-level=error', '.'])
  run('node_modules/.bin/biome', ['check', '--write', '--log-level=error', '.'])
}

/** Works out what is left of each tracked file, and writes it. */
function remove(names: readonly string[]): void {
  const parts = names.map((name) => assertDefined(PARTS[name]))
  const tracked = run('git', ['ls-files', '-z'], 'pipe').split('\0').filter(isRegularFile)
  const before = new Map(tracked.map((file) => [file, readFileSync(file, 'utf8')]))
  const after = new Map(before)
  for (const [file, text] of before) {
    if (TEXT.test(file)) after.set(file, withoutRegions(text, names))
  }
  for (const { replaced = {} } of parts) {
    for (const [file, text] of Object.entries(replaced)) after.set(file, text)
  }
  removeFiles(
    before,
    after,
    parts.flatMap(({ paths }) => paths),
  )

  const isRemoved = (path: string) => isIn(path, before.keys()) && !isIn(path, after.keys())
  for (const [file, text] of after) {
    if (file.endsWith('.md')) after.set(file, withoutReferences(file, text, isRemoved))
  }
  const changed = tracked.filter((file) => before.get(file) !== after.get(file))
  const unused = unusedPackages(
    changed.map((file) => before.get(file)).join('\n'),
    [...after.values()].join('\n'),
  )
  const scripts = parts.flatMap((part) => part.scripts ?? [])
  const text = readFileSync('package.json', 'utf8')
  const manifest = updatePackage(text, { packages: unused, scripts, isRemoved })
  for (const [file, text] of after.set('package.json', manifest)) {
    if (text !== before.get(file)) writeFileSync(file, text)
  }
  for (const file of tracked.filter((file) => !after.has(file))) {
    rmSync(file)
    removeIfEmpty(dirname(file))
  }
}

function removeIfEmpty(folder: string): void {
  if (readdirSync(folder).length > 0) return
  rmdirSync(folder)
  removeIfEmpty(dirname(folder))
}

/** Links are left alone: what they point to may be outside. */
function isRegularFile(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isFile() ?? false
}

/** Whether a path is one of the files, or a folder with one. */
function isIn(path: string, files: Iterable<string>): boolean {
  return [...files].some((file) => file === path || file.startsWith(`${path.replace(/\/$/, '')}/`))
}

/** Takes from `after` what belongs to the paths: their files, their tests, and what only they used. */
function removeFiles(
  before: ReadonlyMap<string, string>,
  after: Map<string, string>,
  paths: readonly string[],
): void {
  for (const file of before.keys()) if (paths.some((path) => isIn(path, [file]))) after.delete(file)
  const removed = new Set([...before.keys()].filter((file) => !after.has(file)))
  const tests = [...after.keys()].filter((file) => /^test\/.*\.ts$/.test(file))
  for (const file of importersOf(removed, tests, (file) => after.get(file))) after.delete(file)
  // A region that was removed may have been the last user of a file, too.
  const users = [...before].filter(([file, text]) => text !== after.get(file))
  const code = [...after.keys()].filter((file) => file.endsWith('.ts'))
  for (const file of orphansOf(new Map(users), code, (file) => after.get(file))) after.delete(file)
}

/** @throws Error if nothing was removed */
function main(names: readonly string[]): void {
  check(names)
  checkIsCommitted()
  remove(names)
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'])
  tidy()
  for (const script of ['openapi', 'api']) run('npm', ['run', '--silent', script])
  process.stdout.write(
    `Removed: ${names.join(', ')}. Look at \`git diff\`, and run \`npm run check\`.\n`,
  )
}

const names = process.argv.slice(2)
try {
  if (names.some((name) => ['--help', '-h'].includes(name))) process.stdout.write(help())
  else main(names)
} catch (error) {
  process.stderr.write((error as Error).message)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
