import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Installs the packages of bench/package.json, unless that was done since the lockfile changed. */
export function installPeerPackages(): void {
  const folder = fileURLToPath(new URL('..', import.meta.url))
  const changed = statSync(`${folder}/package-lock.json`).mtimeMs
  const installed = statSync(`${folder}/node_modules/.package-lock.json`, {
    throwIfNoEntry: false,
  })
  if (installed !== undefined && installed.mtimeMs >= changed) return
  const { status } = spawnSync('npm', ['ci', '--prefix', folder, '--no-audit', '--no-fund'], {
    stdio: ['ignore', process.stderr, process.stderr],
  })
  if (status !== 0) console.error('npm ci failed in bench: the peers from npm are skipped.')
}
