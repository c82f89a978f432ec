/**
 * Checks the lock files: each package comes from the npm registry, has a checksum, and runs a script at its
 * installation only if `allowScripts` in package.json says so. Prints each problem, and exits with 1 if
 * there are any.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

interface LockedPackage {
  readonly name?: string
  readonly version?: string
  /** Left out where it is the one that the registry derives from name and version. */
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly hasInstallScript?: boolean
}

const REGISTRY = 'https://registry.npmjs.org/'
const FOLDER = 'node_modules/'

const { stdout } = spawnSync('git', ['ls-files', '-z', '*package-lock.json'], { encoding: 'utf8' })
const files = stdout.split('\0').filter((file) => file !== '')
let count = 0
const problems = files.flatMap(check)
for (const problem of problems) console.log(problem)
console.log(`Lock: ${count} packages, ${problems.length} problems`)
process.exitCode = problems.length === 0 && count > 0 ? 0 : 1

function check(file: string): string[] {
  const { packages } = readJson(file) as { packages: Readonly<Record<string, LockedPackage>> }
  const manifest = readJson(join(dirname(file), 'package.json')) as {
    allowScripts?: Readonly<Record<string, boolean>>
  }
  const named = Object.keys(manifest.allowScripts ?? {})
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .flatMap(([path, locked]) => {
      count += 1
      return problemsOf(path, locked, named).map((problem) => `${file}: ${path}: ${problem}`)
    })
}

function problemsOf(path: string, locked: LockedPackage, named: readonly string[]): string[] {
  const { resolved, integrity, link, hasInstallScript } = locked
  // A package may be installed under another name.
  const name = locked.name ?? path.slice(path.lastIndexOf(FOLDER) + FOLDER.length)
  const tarball = `${REGISTRY}${name}/-/${name.split('/').at(-1)}-${locked.version}.tgz`
  return [
    ...(!path.includes(FOLDER) || link ? ['is not a package of the registry'] : []),
    ...(resolved !== undefined && resolved !== tarball ? [`comes from ${resolved}`] : []),
    ...(/^sha512-[\w+/]{86}==$/.test(integrity ?? '') ? [] : ['has no SHA-512 checksum']),
    ...(hasInstallScript && !named.includes(name)
      ? ['has an install script that "allowScripts" does not name']
      : []),
  ]
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'))
}
