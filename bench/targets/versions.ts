import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const NODE_MODULES = new URL('../node_modules/', import.meta.url)

/** Names and versions of packages in bench/node_modules; undefined if one is missing. */
export function packageVersions(names: readonly string[]): string | undefined {
  try {
    return names.map((name) => `${name} ${versionOf(name)}`).join(', ')
  } catch {
    return undefined
  }
}

function versionOf(name: string): string {
  return JSON.parse(readFileSync(new URL(`${name}/package.json`, NODE_MODULES), 'utf8')).version
}

/** The first line that a command prints; undefined if it is not installed or fails. */
export function firstOutputLine(file: string, ...args: readonly string[]): string | undefined {
  try {
    return execFileSync(file, args, { encoding: 'utf8', stdio: 'pipe' }).trim().split('\n')[0]
  } catch {
    return undefined
  }
}
