/**
 * Removes each optional part from a clone of HEAD, and runs what is left: lint, type check and tests.
 * With `--no-tests`, it takes three minutes instead of half an hour. Prints `Removals: N passed, N failed`.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { PARTS } from '../scripts/remove/parts.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'no-tests': { type: 'boolean', default: false } },
})
const checks = ['lint', 'typecheck', ...(values['no-tests'] ? [] : ['test'])]
const root = mkdtempSync(join(tmpdir(), 'removals-'))

/** Each part with those that cannot stay without it, and all parts together. Arguments name some parts. */
const variants = [
  ...Object.entries(PARTS)
    .filter(([name]) => positionals.length === 0 || positionals.includes(name))
    .map(([name, { neededBy = [] }]) => [name, ...neededBy]),
  Object.keys(PARTS),
]

const execute = promisify(execFile)

async function run(folder: string, command: string): Promise<boolean> {
  try {
    await execute('bash', ['-c', command], { cwd: folder, maxBuffer: 64 * 1024 * 1024 })
    return true
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    console.error(`${command}\n${tail(stdout)}\n${tail(stderr)}`)
    return false
  }
}

/** The failures of tests with what follows them, or the last lines. */
function tail(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const failures = lines.flatMap((line, index) =>
    /^\s*not ok/.test(line) ? lines.slice(index, index + 8) : [],
  )
  return (failures.length > 0 ? failures.slice(0, 100) : lines.slice(-20)).join('\n')
}

async function check(names: readonly string[]): Promise<void> {
  const folder = join(root, names.join('+'))
  const started = Date.now()
  const commands = [
    ['.', `git clone --quiet . ${folder} && cp -al node_modules ${folder}/node_modules`],
    [folder, `npm run --silent remove -- ${names.join(' ')} && git add --all`],
    ...checks.map((name) => [folder, `npm run --silent ${name}`] as const),
  ] as const
  let ok = true
  for (const [directory, command] of commands) ok &&= await run(directory, command)
  const seconds = Math.round((Date.now() - started) / 1000)
  console.log(`${ok ? 'ok' : 'not ok'} without ${names.join(', ')} (${seconds} s)`)
  if (!ok) failed += 1
  rmSync(folder, { recursive: true, force: true })
}

let failed = 0
// Lint and type check use one core each. The tests use all of them.
const queue = [...variants]
const workers = Array.from({ length: values['no-tests'] ? 2 : 1 }, async () => {
  for (let names = queue.shift(); names !== undefined; names = queue.shift()) await check(names)
})
await Promise.all(workers)
rmSync(root, { recursive: true, force: true })
console.log(`Removals: ${variants.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
