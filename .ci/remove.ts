/**
 * Removes each optional part from a clone of HEAD, and runs what is left: lint, type check and tests.
 * With `--no-tests`, it takes two minutes instead of half an hour. Prints `Removals: N passed, N failed`.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { PARTS } from '../scripts/remove/parts.ts'

const { values } = parseArgs({ options: { 'no-tests': { type: 'boolean', default: false } } })
const checks = ['lint', 'typecheck', ...(values['no-tests'] ? [] : ['test'])]
const root = mkdtempSync(join(tmpdir(), 'removals-'))

/** Each part with those that cannot stay without it, and all parts together. */
const variants = [
  ...Object.entries(PARTS).map(([name, { neededBy = [] }]) => [name, ...neededBy]),
  Object.keys(PARTS),
]

function run(folder: string, command: string): boolean {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status !== 0) console.error(`${command}\n${tail(stdout)}\n${tail(stderr)}`)
  return status === 0
}

/** The failures of tests with what follows them, or the last lines. */
function tail(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const failures = lines.flatMap((line, index) =>
    /^\s*not ok/.test(line) ? lines.slice(index, index + 8) : [],
  )
  return (failures.length > 0 ? failures.slice(0, 100) : lines.slice(-20)).join('\n')
}

let failed = 0
for (const names of variants) {
  const folder = join(root, names.join('+'))
  const started = Date.now()
  const ok =
    run('.', `git clone --quiet . ${folder} && cp -al node_modules ${folder}/node_modules`) &&
    run(folder, `npm run --silent remove -- ${names.join(' ')} && git add --all`) &&
    checks.every((name) => run(folder, `npm run --silent ${name}`))
  const seconds = Math.round((Date.now() - started) / 1000)
  console.log(`${ok ? 'ok' : 'not ok'} without ${names.join(', ')} (${seconds} s)`)
  if (!ok) failed += 1
  rmSync(folder, { recursive: true, force: true })
}
rmSync(root, { recursive: true, force: true })
console.log(`Removals: ${variants.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
