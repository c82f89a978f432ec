import { api, type Persona } from '../local-tenant/directory/data.ts'
import type { Directory } from '../local-tenant/directory/directory.ts'
import { assertDefined } from '../utils/assert-defined.ts'

/** What a person reads after `npm run dev`: where everything is, and lines to paste. */
export function greeting(apiUrl: string, issuer: string, directory: Directory): string {
  const { origin, port } = new URL(issuer)
  const token = `${port === '6061' ? '' : `TENANT_PORT=${port} `}npm run --silent token --`
  const messages = `${apiUrl}/api/messages`
  const as = (name: string) => `curl -H "Authorization: Bearer $(${token} ${name})"`
  const people = [...directory.personas].map(
    (persona) => `    ${persona.name.padEnd(15)}${describe(persona, directory)}`,
  )
  return `
  API            ${apiUrl}
  Browser login  ${apiUrl}/
  Local tenant   ${origin}   (${api.identifier})

  Personas, from src/local-tenant/directory/data.ts; their tokens: ${token} <name>
${people.join('\n')}

  Try
    curl ${messages}/public
    curl -i ${messages}/protected
    ${as('user')} ${messages}/protected
    ${as('user')} ${messages}/admin
    ${as('admin')} ${messages}/admin

`
}

function describe(persona: Persona, directory: Directory): string {
  const organization = directory.organizations.get(persona.organizations[0])
  const member = organization ? `, of ${organization.displayName}` : ''
  if (organization?.known === false)
    return `public only: the API does not know the organization${member}`
  const may = directory
    .permissionsOf(persona, assertDefined(directory.api(api.identifier), 'API'))
    .includes('read:admin-messages')
    ? 'public, protected and admin'
    : 'public and protected'
  return `${may}${member}`
}
