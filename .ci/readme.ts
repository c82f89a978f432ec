/**
 * Runs the documents as a newcomer would: while `npm run dev` runs, each `sh` block of the README that
 * a `text` block follows has to print just that, and each command for the local tenant has to succeed.
 * Prints `README: N passed, N failed`.
 */
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const readme = readFileSync('README.md', 'utf8')
const examples: string[][] = [...readme.matchAll(/```sh\n([^`]+)```\n```text\n([^`]+)```/g)]

const faults = readFileSync('docs/local-tenant.md', 'utf8').matchAll(/^npm run tenant -- .*$/gm)
for (const [command] of faults)
  examples.push([command, `${command} >/dev/null && echo done`, 'done\n'])

// #region management
for (const command of ['provision', 'connections -- list', 'organizations -- list']) {
  const quiet = `npm run --silent ${command} >/dev/null && echo done`
  examples.push([command, quiet, 'done\n'])
}
// #endregion management
examples.push(
  ['npm run doctor', 'npm run --silent doctor >/dev/null && echo done', 'done\n'],
  // #region messages
  [
    'npm run example',
    '(timeout 5 npm run --silent example || true) | head -n 1',
    'The single-page app is at http://localhost:4040\n',
  ],
  // #endregion messages
)

const dev = spawn('npm', ['run', 'dev'], { detached: true })
const started = new Promise<void>((resolve, reject) => {
  let output = ''
  const read = (chunk: Buffer) => {
    output += chunk
    if (output.includes('curl http://localhost:6060')) resolve()
  }
  dev.stdout.on('data', read)
  dev.stderr.on('data', read)
  dev.on('close', () => reject(new Error(`npm run dev ended:\n${output}`)))
})

let failed = 0
try {
  await started
  for (const [, commands = '', expected] of examples) {
    const separated = commands.replaceAll(/^(curl .*)$/gm, '$1; echo')
    const { stdout, stderr } = spawnSync(
      'bash',
      ['-c', separated.replaceAll('curl ', 'curl -sS ')],
      {
        encoding: 'utf8',
      },
    )
    if (stdout === expected) continue
    failed += 1
    console.error(`README: ${commands}expected ${expected}but got ${stdout}${stderr}`)
  }
} finally {
  if (dev.pid !== undefined) process.kill(-dev.pid, 'SIGTERM')
}
console.log(`README: ${examples.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 && examples.length > 0 ? 0 : 1
