import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ServerDefinition } from '../server.ts'
import type { TenantData } from '../tenant-data/tenant-data.ts'
import { validateTenantData } from '../tenant-data/validate-tenant-data.ts'
import { nameIn, type Project } from './project.ts'
import { enableTypeScript } from './typescript.ts'

/**
 * Loads the definition of a project's server. Nothing is started.
 *
 * @throws Error if the file cannot be loaded, or its default export is not a definition
 */
export async function loadServer(project: Project): Promise<ServerDefinition> {
  requireFile(project, 'server', project.server)
  const definition = await importDefault(project, project.server, 'defineServer({ routes: [] })')
  const { routes } = Object(definition) as Partial<ServerDefinition>
  if (!Array.isArray(routes) || !routes.every((plugin) => typeof plugin === 'function')) {
    const name = nameIn(project, project.server)
    throw new Error(
      `The default export of ${name} is not the definition of a server: its routes are not an array of plugins. See defineServer().`,
    )
  }
  return definition as ServerDefinition
}

/**
 * Loads the data of a project's local tenant.
 *
 * @returns undefined if the project has none
 * @throws Error if the file cannot be loaded, or its data is not valid
 */
export async function loadTenantData(project: Project): Promise<TenantData | undefined> {
  const { tenant: file } = project
  if (file === undefined) return undefined
  requireFile(project, 'tenant', file)
  const data =
    extname(file) === '.json'
      ? await readJson(project, file)
      : await importDefault(project, file, '{ api, personas }')
  return validateTenantData(data, nameIn(project, file))
}

function requireFile(project: Project, key: 'server' | 'tenant', file: string): void {
  if (existsSync(file)) return
  throw new Error(
    `${nameIn(project, file)} does not exist in ${project.directory}. package.json names it in "messages-api".${key}.`,
  )
}

async function readJson(project: Project, file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new Error(`Cannot read ${nameIn(project, file)}: ${(error as Error).message}`)
  }
}

async function importDefault(project: Project, file: string, example: string): Promise<unknown> {
  const name = nameIn(project, file)
  if (extname(file).endsWith('ts')) await enableTypeScript(project.directory)
  const module = await importModule(file, name)
  if (module.default === undefined) {
    throw new Error(`${name} has no default export. Add: export default ${example}`)
  }
  return module.default
}

async function importModule(file: string, name: string): Promise<{ readonly default?: unknown }> {
  try {
    return await import(pathToFileURL(file).href)
  } catch (error) {
    throw new Error(`Cannot load ${name}: ${(error as Error).stack}`)
  }
}
