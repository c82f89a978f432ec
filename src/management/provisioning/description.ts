import { Ajv, type ErrorObject } from 'ajv'
import { parseDocument } from 'yaml'
import { type Description, descriptionSchema } from './description-schema.ts'

export type { Description }

const validate = new Ajv({ allErrors: true, useDefaults: true }).compile<Description>(
  descriptionSchema,
)

/**
 * Reads what a tenant is to be like.
 *
 * @param text YAML; an empty one stands for all defaults
 * @param file what it is called in errors
 * @throws Error that names every problem at once, one a line
 */
export function readDescription(text: string, file: string): Description {
  const document = parseDocument(text)
  const description = document.errors.length > 0 ? undefined : (document.toJS() ?? {})
  const problems = document.errors.map(({ message }) => String(message.split('\n')[0]))
  if (problems.length === 0) {
    if (validate(description)) problems.push(...slipsIn(description))
    else problems.push(...(validate.errors as ErrorObject[]).map(problemOf))
  }
  if (problems.length === 0) return description as Description
  throw new Error([`${file} cannot be used:`, ...new Set(problems)].join('\n  '))
}

function problemOf({ instancePath, keyword, params, message }: ErrorObject): string {
  const where = instancePath.slice(1).replaceAll('/', ' → ') || 'the whole'
  if (keyword === 'additionalProperties') return `${where}: unknown ${params['additionalProperty']}`
  if (keyword === 'pattern') return `${where}: not of the form expected here`
  return `${where}: ${message}`
}

/** What the schema cannot see: names that nothing goes by. */
function slipsIn({ api, roles, clients }: Description): string[] {
  const known = Object.keys(api.permissions)
  const uses: [string, readonly string[]][] = [
    ...Object.entries(roles).map(([name, role]): [string, string[]] => [
      `roles → ${name}`,
      role.permissions,
    ]),
    ['clients → machine', clients.machine?.permissions ?? []],
  ]
  const names = Object.values(clients).map(({ name }) => name)
  return [
    ...uses.flatMap(([where, permissions]) =>
      permissions
        .filter((permission) => !known.includes(permission))
        .map((permission) => `${where}: ${permission} is no permission of the API`),
    ),
    ...(new Set(names).size < names.length ? ['clients: two have the same name'] : []),
  ]
}
