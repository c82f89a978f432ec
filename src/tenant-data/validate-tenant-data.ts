import { Ajv, type ErrorObject } from 'ajv'
import formatsPlugin from 'ajv-formats'
import { tenantDataSchema } from './schema.ts'
import type { TenantData } from './tenant-data.ts'

/** The claims that the tenant sets itself. */
const OWN_CLAIMS = [
  ...['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti', 'azp', 'nonce', 'sid', 'cnf'],
  ...['auth_time', 'acr', 'amr'],
  ...['at_hash', 'c_hash', 'scope', 'permissions', 'org_id', 'org_name'],
  ...['name', 'nickname', 'picture', 'email', 'email_verified'],
]

/**
 * Checks the data of a local tenant: its form, that names are unique, and that the roles and
 * organizations of each persona exist.
 *
 * @param source what the data is from, for the error message
 * @throws Error that lists all problems
 */
export function validateTenantData(data: unknown, source: string): TenantData {
  const ajv = new Ajv({ allErrors: true })
  formatsPlugin.default(ajv)
  const isWellFormed = ajv.validate<TenantData>(tenantDataSchema, data)
  const problems = isWellFormed ? namingProblems(data) : (ajv.errors as ErrorObject[]).map(describe)
  if (isWellFormed && problems.length === 0) return data
  throw new Error(`Invalid ${source}: ${problems.join(', ')}.`)
}

function describe({ instancePath, message, params }: ErrorObject): string {
  const { additionalProperty } = params as { additionalProperty?: string }
  const detail = additionalProperty === undefined ? '' : ` (${additionalProperty})`
  return `${instancePath || 'the data'} ${message}${detail}`
}

function namingProblems({ personas, roles = {}, organizations = [], clients = [] }: TenantData) {
  const hasPublicClient = clients.some(({ secret }) => secret === undefined)
  return [
    ...(clients.length === 0 || hasPublicClient ? [] : ['the clients need one without a secret']),
    ...repeated(
      'persona',
      personas.map(({ name }) => name),
    ),
    ...repeated(
      'organization',
      organizations.map(({ id }) => id),
    ),
    ...repeated(
      'client',
      clients.map(({ id }) => id),
    ),
    ...personas.flatMap((persona) => [
      ...(persona.roles ?? [])
        .filter((role) => !Object.hasOwn(roles, role))
        .map((role) => `${persona.name} has the undefined role ${role}`),
      ...(persona.organizations ?? [])
        .filter((membership) => !organizations.some(({ id }) => id === membership))
        .map((membership) => `${persona.name} is a member of the undefined ${membership}`),
      ...Object.keys(persona.claims ?? {})
        .filter((claim) => OWN_CLAIMS.includes(claim))
        .map((claim) => `${persona.name} has the claim ${claim}, which the tenant sets`),
    ]),
  ]
}

function repeated(kind: string, names: readonly string[]): string[] {
  return names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((name) => `the ${kind} ${name} is there twice`)
}
