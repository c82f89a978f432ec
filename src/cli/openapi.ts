import { readFile, writeFile } from 'node:fs/promises'
import { pino } from 'pino'
import { stringify } from 'yaml'
import { loadConfig } from '../config/load-config.ts'
import type { ApiDocument } from '../openapi/document.ts'
import { loadServer } from '../project/load-project.ts'
import { findProject } from '../project/project.ts'
import { assemble, type ServerDefinition } from '../server.ts'
import { defineCommand, type Invocation } from './arguments/define-command.ts'

/** The document depends on no variable, but a server has these. */
const ENVIRONMENT = {
  AUTH0_DOMAIN: 'tenant.example',
  AUTH0_AUDIENCE: 'https://api.example',
  CLIENT_ORIGIN_URL: 'http://localhost:4040',
}

const OPTIONS = {
  check: {
    type: 'boolean',
    default: false,
    description: 'Compare the file instead of writing it',
  },
} as const

/** Writes the OpenAPI document of the routes to a file, or compares it: `npm run openapi`. */
export const main = defineCommand({
  operands: [{ name: 'file', description: 'The file; openapi.yaml by default', isOptional: true }],
  options: OPTIONS,
  examples: [
    { args: '', description: 'Write openapi.yaml' },
    { args: '--check', description: 'In CI: fail if openapi.yaml is not what the routes say' },
  ],
  exitCodes: '0 written or equal, 1 the file is not what the routes say, 2 error',
  errorExitCode: 2,
  run: writeDocument,
})

async function writeDocument({
  values,
  operands,
  streams: { out },
}: Invocation<typeof OPTIONS>): Promise<number> {
  const [file = 'openapi.yaml'] = operands
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
