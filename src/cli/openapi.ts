import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { stringify } from 'yaml'
import type { Environment } from '../config/environment.ts'
import { loadConfig } from '../config/load-config.ts'
import type { ApiDocument } from '../openapi/document.ts'
import { loadServer } from '../project/load-project.ts'
import { findProject } from '../project/project.ts'
import { assemble, type ServerDefinition } from '../server.ts'
import type { Streams } from './support/command.ts'

/** The document depends on no variable, but a server has these. */
const ENVIRONMENT = {
  AUTH0_DOMAIN: 'tenant.example',
  AUTH0_AUDIENCE: 'https://api.example',
  CLIENT_ORIGIN_URL: 'http://localhost:4040',
}

/**
 * Writes the OpenAPI document of the routes to a file, `openapi.yaml` by default: `npm run openapi`.
 * With `--check` it compares the file instead.
 *
 * @returns 1 if the file is not what the routes say
 */
export async function main(
  args: readonly string[],
  _sources: readonly Environment[],
  { out }: Streams,
): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { check: { type: 'boolean', default: false } },
  })
  const [file = 'openapi.yaml'] = positionals
  const text = documentText(await describeServer(await loadServer(findProject(process.cwd()))))
  if (!values.check) {
    await writeFile(file, text)
    out.line(`Wrote ${file}`)
    return 0
  }
  const isCurrent = (await readFile(file, 'utf8').catch(() => undefined)) === text
  out.line(
    isCurrent
      ? `${file} is what the routes say.`
      : `${file} is not what the routes say. Run "npm run openapi" and commit the file.`,
  )
  return isCurrent ? 0 : 1
}

/** The OpenAPI document of a server, without starting it. */
export async function describeServer(definition: ServerDefinition): Promise<ApiDocument> {
  const { config } = loadConfig(ENVIRONMENT)
  const logger = pino({ enabled: false })
  const { app } = await assemble(definition, config, logger, { describe: 'routes' })
  await app.ready()
  const document = app.swagger() as object as ApiDocument
  await app.close()
  return document
}

/** YAML in a stable order: that of the routes. */
export function documentText(document: ApiDocument): string {
  return stringify(document, { aliasDuplicateObjects: false, lineWidth: 100 })
}
