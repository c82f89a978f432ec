import { type AccessPolicy, holdsPermissions } from '../access/policy.ts'
import { api } from '../local-tenant/directory/data.ts'
import type { Directory } from '../local-tenant/directory/directory.ts'
import type { Persona } from '../local-tenant/directory/records.ts'
import { assertDefined } from '../utils/assert-defined.ts'

/**
 * The text that `npm run dev` prints: URLs, personas, and commands to try.
 *
 * @param routes the access policies of the API; those that are not plain GET routes are left out
 */
export function greeting(
  apiUrl: string,
  issuer: string,
  directory: Directory,
  routes: ReadonlyMap<string, AccessPolicy>,
): string {
  const { origin, port } = new URL(issuer)
  const tokenCommand = `${port === '6061' ? '' : `TENANT_PORT=${port} `}npm run --silent token --`
  const personas = [...directory.personas].map(
    (persona) => `    ${persona.name.padEnd(15)}${describe(persona, directory)}`,
  )
  const plain = [...routes].filter(([path]) => /^\/[^:*]*$/.test(path))
  const calls = plain.map(([path, policy]) => {
    const persona = firstAllowed(policy, directory)
    const header =
      persona === undefined ? '' : `-H "Authorization: Bearer $(${tokenCommand} ${persona.name})" `
    return `    curl ${header}${apiUrl}${path}`
  })
  return `
  API            ${apiUrl}
  Browser login  ${apiUrl}/
  Local tenant   ${origin}   (${api.identifier})

  Personas, from src/local-tenant/directory/data.ts. Get a token: ${tokenCommand} <name>
${personas.join('\n')}

  Try
${calls.join('\n')}

`
}

/** The first persona with the permissions that a route requires, if it requires a token. */
function firstAllowed(policy: AccessPolicy, directory: Directory): Persona | undefined {
  if (policy === 'public') return undefined
  return [...directory.personas].find((persona) =>
    holdsPermissions({ permissions: permissionsOf(persona, directory) }, policy),
  )
}

function permissionsOf(persona: Persona, directory: Directory): string[] {
  return directory.permissionsOf(persona, assertDefined(directory.api(api.identifier), 'API'))
}

/** The permissions of a persona and its organization. */
function describe(persona: Persona, directory: Directory): string {
  const permissions = permissionsOf(persona, directory)
  const text = permissions.length === 0 ? 'no permissions' : permissions.join(', ')
  const organization = directory.organizations.get(persona.organizations[0])
  if (organization === undefined) return text
  const note = organization.known ? '' : ', which the API does not accept'
  return `${text}, member of ${organization.displayName}${note}`
}
