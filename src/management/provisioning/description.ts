import { Ajv, type ErrorObject } from 'ajv'
import { parseDocument } from 'yaml'
import { visibleText } from '../../utils/visible-text.ts'
import { type Description, descriptionSchema } from './description-schema.ts'

export type { Description }

const validate = new Ajv({ allErrors: true, useDefaults: true }).compile<Description>(
  descriptionSchema,
)

/**
 * Reads the description of a tenant.
 *
 * @param text YAML; an empty text means all defaults
 * @param file the file name for error messages
 * @throws Error that lists every problem, one per line
 */
export function readDescription(text: string, file: string): Description {
  const document = parseDocument(text)
  const description = document.errors.length > 0 ? undefined : (document.toJS() ?? {})
  const problems = document.errors.map(({ message }) => String(message.split('\n')[0]))
  if (problems.length === 0) {
    if (validate(description)) problems.push(...findDanglingReferences(description))
    else problems.push(...(validate.errors as ErrorObject[]).map(formatProblem))
  }
  if (problems.length === 0) return description as Description
  throw new Error([`Invalid ${file}:`, ...new Set(problems.map(visibleText))].join('\n  '))
}

function formatProblem({ instancePath, keyword, params, message }: ErrorObject): string {
  const where = instancePath.slice(1).replaceAll('/', ' → ') || 'the document'
  if (keyword === 'additionalProperties') return `${where}: unknown ${params['additionalProperty']}`
  if (keyword === 'pattern') return `${where}: invalid format`
  return `${where}: ${message}`
}

/** Problems that the schema cannot find: permissions that do not exist, and duplicate names. */
function findDanglingReferences({ api, roles, clients }: Description): string[] {
  const defined = Object.keys(api.permissions)
  const references: [string, readonly string[]][] = [
    ...Object.entries(roles).map(([name, role]): [string, string[]] => [
      `roles → ${name}`,
      role.permissions,
    ]),
    ['clients → machine', clients.machine?.permissions ?? []],
  ]
  const names = Object.values(clients).map(({ name }) => name)
  return [
    ...references.flatMap(([where, permissions]) =>
      permissions
        .filter((permission) => !defined.includes(permission))
        .map((permission) => `${where}: ${permission} is not a permission of the API`),
    ),
    ...(new Set(names).size < names.length ? ['clients: two have the same name'] : []),
  ]
}
