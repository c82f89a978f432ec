import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const MODULES = new URL('../node_modules/', import.meta.url)

/** Versions of packages in bench/node_modules; undefined where one is missing. */
export function packages(...names: readonly string[]): string | undefined {
  try {
    return names.map((name) => `${name} ${versionOf(name)}`).join(', ')
  } catch {
    return undefined
  }
}

function versionOf(name: string): string {
  return JSON.parse(readFileSync(new URL(`${name}/package.json`, MODULES), 'utf8')).version
}

/** The first line that a program prints; undefined where it is missing or fails. */
export function firstLine(file: string, ...args: readonly string[]): string | undefined {
  try {
    return execFileSync(file, args, { encoding: 'utf8', stdio: 'pipe' }).trim().split('\n')[0]
  } catch {
    return undefined
  }
}
