import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** The project that a command works for, as its package.json describes it. */
export interface Project {
  readonly directory: string
  /** The file whose default export is the definition of the server. Absolute. */
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
    server: requireFile(directory, server, 'server'),
    tenant: tenant === undefined ? undefined : requireFile(directory, tenant, 'tenant'),
  }
}

function requireFile(directory: string, path: string, key: string): string {
  const file = join(directory, path)
  if (existsSync(file)) return file
  throw new Error(
    `${path} does not exist in ${directory}. package.json names it in "messages-api".${key}.`,
  )
}
