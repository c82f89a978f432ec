import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Contestant } from './contestant.ts'
import { flask, haproxy } from './debian.ts'
import { bare, nodePeers, ours } from './node.ts'

const CONTESTANTS: readonly Contestant[] = [ours, bare, haproxy, ...nodePeers, flask]

/** A contestant that is in the tables, whether it can be measured or not. */
export interface Entrant {
  readonly contestant: Contestant
  readonly version: string | undefined
}

/** @throws Error where a name is none of a contestant's */
export function entrants(only: readonly string[] | undefined): Entrant[] {
  const names = CONTESTANTS.map(({ name }) => name)
  const unknown = only?.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new Error(`No contestant ${unknown}: ${names.join(', ')}.`)
  return CONTESTANTS.filter(({ name }) => only?.includes(name) ?? true).map((contestant) => ({
    contestant,
    version: contestant.version(),
  }))
}

/** Installs the peers that come from npm, where that has not been done since their list changed. */
export function installPeers(): void {
  const folder = fileURLToPath(new URL('..', import.meta.url))
  const changed = statSync(`${folder}/package-lock.json`).mtimeMs
  const installed = statSync(`${folder}/node_modules/.package-lock.json`, {
    throwIfNoEntry: false,
  })
  if (installed !== undefined && installed.mtimeMs >= changed) return
  const { status } = spawnSync('npm', ['ci', '--prefix', folder, '--no-audit', '--no-fund'], {
    stdio: ['ignore', process.stderr, process.stderr],
  })
  if (status !== 0) console.error('The peers from npm could not be installed: they are left out.')
}
