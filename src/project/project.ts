import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

/** The project that a command works for, as its package.json describes it. */
export interface Project {
  readonly directory: string
  /**
   * The file whose default export is the definition of the server. Absolute. In a deployment that has only the
   * build, it is the one that was built from it.
   */
  readonly server: string
  /** The file with the data of the local tenant, if the project has one. Absolute. */
  readonly tenant: string | undefined
  /** The names of the npm scripts. */
  readonly scripts: readonly string[]
}

interface PackageJson {
  readonly scripts?: Readonly<Record<string, unknown>>
  readonly 'messages-api'?: Readonly<Record<string, unknown>>
}

const EXAMPLE = '"messages-api": { "server": "src/server.ts", "tenant": "local-tenant.json" }'

/**
 * Finds the project of a directory: the nearest package.json, in the directory or above it, with a member
 * `messages-api`.
 *
 * @throws Error if there is none, or its member is not valid
 */
export function findProject(directory: string): Project {
  for (const folder of withParents(directory)) {
    const file = join(folder, 'package.json')
    const { scripts = {}, 'messages-api': settings } = readPackage(file)
    if (settings === undefined) continue
    return { ...readSettings(settings, file), directory: folder, scripts: Object.keys(scripts) }
  }
  throw new Error(`No project found from ${directory}. Its package.json needs ${EXAMPLE}`)
}

function withParents(directory: string): string[] {
  const parent = dirname(directory)
  return parent === directory ? [directory] : [directory, ...withParents(parent)]
}

/** The path of a file of the project, as a developer would write it. */
export function nameIn({ directory }: Project, file: string): string {
  return relative(directory, file)
}

function readPackage(file: string): PackageJson {
  if (!existsSync(file)) return {}
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as PackageJson
  } catch (error) {
    throw new Error(`Cannot read ${file}: ${(error as Error).message}`)
  }
}

function readSettings(settings: NonNullable<PackageJson['messages-api']>, file: string) {
  const { server, tenant, ...others } = settings
  const isValid =
    typeof server === 'string' &&
    (tenant === undefined || typeof tenant === 'string') &&
    Object.keys(others).length === 0
  if (!isValid) throw new Error(`"messages-api" in ${file} is not valid. Expected: ${EXAMPLE}`)
  const directory = dirname(file)
  return {
    server: sourceOrBuild(directory, server),
    tenant: tenant === undefined ? undefined : sourceOrBuild(directory, tenant),
  }
}

/** A deployment and the image have `dist` in place of `src`. Whether there is a file is checked when it is loaded. */
function sourceOrBuild(directory: string, path: string): string {
  const source = join(directory, path)
  if (existsSync(source)) return source
  const [first, ...others] = relative(directory, source).split(sep)
  const built = join(directory, 'dist', ...others).replace(/\.ts$/, '.js')
  return first === 'src' && existsSync(built) ? built : source
}
