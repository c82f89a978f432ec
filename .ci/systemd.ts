/**
 * Installs the build as docs/operations.md says, in a folder of its own, checks the unit with systemd-analyze, and
 * runs `doctor` of the installation. Needs the build. Prints `Systemd: N passed, N failed`.
 */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { runChecks } from './run-checks.ts'
import { createSigner } from './signer.ts'

const run = promisify(execFile)
const root = mkdtempSync(join(tmpdir(), 'systemd-'))
const folder = join(root, 'opt/messages-api')
const unit = join(root, 'etc/systemd/system/messages-api.service')

/** The blocks of commands of the section, with folders below `root`, and without those that need systemd itself. */
function blocks(): string[] {
  const text = readFileSync('docs/operations.md', 'utf8')
  const [, section = ''] = /^### With systemd$([\s\S]*?)^## /m.exec(text) ?? []
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) =>
    block
      .replaceAll(/ \/(opt|etc)\//g, ` ${root}/$1/`)
      .replaceAll(/^(systemctl|journalctl) .*$/gm, ''),
  )
}

async function installation(): Promise<void> {
  const [install = ''] = blocks()
  mkdirSync(join(unit, '..'), { recursive: true })
  await run('bash', ['-euc', install])
}

async function upgrade(): Promise<void> {
  const before = statSync(folder).ino
  await run('bash', ['-euc', blocks().at(-1) ?? ''])
  if (statSync(folder).ino === before) throw new Error('The folder was not exchanged')
  if (statSync(`${folder}.old`).ino !== before) throw new Error('There is no way back')
}

/** The paths of this machine and of the installation are in place of those of the file. */
async function verification(): Promise<void> {
  const text = readFileSync(unit, 'utf8')
    .replace('ExecStart=/usr/bin/node', `ExecStart=${process.execPath}`)
    .replace('=/opt/', `=${root}/opt/`)
    .replace('=/etc/', `=${root}/etc/`)
  writeFileSync(unit, text)
  const { stderr } = await run('systemd-analyze', ['verify', '--man=no', unit])
  if (stderr.includes('messages-api')) throw new Error(stderr)
}

async function doctor(): Promise<void> {
  const { jwks } = await createSigner()
  const tenant = createServer(({ url, headers: { host } }, response) => {
    const isMetadata = url?.endsWith('openid-configuration')
    response.end(isMetadata ? JSON.stringify({ issuer: `http://${host}/` }) : jwks)
  })
  await once(tenant.listen(0, '127.0.0.1'), 'listening')
  const { port } = tenant.address() as AddressInfo
  try {
    const { stdout } = await run(process.execPath, ['dist/cli/main.js', 'doctor'], {
      cwd: folder,
      env: {
        AUTH0_DOMAIN: `http://127.0.0.1:${port}`,
        AUTH0_AUDIENCE: 'https://api.test',
        CLIENT_ORIGIN_URL: 'https://app.test',
        PORT: '0',
      },
    })
    if (!stdout.endsWith('No problems found.\n')) throw new Error(stdout)
  } finally {
    tenant.close()
  }
}

try {
  await runChecks('Systemd', Object.entries({ installation, verification, upgrade, doctor }))
} finally {
  rmSync(root, { recursive: true, force: true })
}
