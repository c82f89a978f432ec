import { api } from '../local-tenant/directory/data.ts'
import type { Directory } from '../local-tenant/directory/directory.ts'
import type { Persona } from '../local-tenant/directory/records.ts'
import { assertDefined } from '../utils/assert-defined.ts'

/** The text that `npm run dev` prints: URLs, personas, and commands to try. */
export function greeting(apiUrl: string, issuer: string, directory: Directory): string {
  const { origin, port } = new URL(issuer)
  const tokenCommand = `${port === '6061' ? '' : `TENANT_PORT=${port} `}npm run --silent token --`
  const messages = `${apiUrl}/api/messages`
  const curlAs = (name: string) => `curl -H "Authorization: Bearer $(${tokenCommand} ${name})"`
  const personas = [...directory.personas].map(
    (persona) => `    ${persona.name.padEnd(15)}${describe(persona, directory)}`,
  )
  return `
  API            ${apiUrl}
  Browser login  ${apiUrl}/
  Local tenant   ${origin}   (${api.identifier})

  Personas, from src/local-tenant/directory/data.ts. Get a token: ${tokenCommand} <name>
${personas.join('\n')}

  Try
    curl ${messages}/public
    curl -i ${messages}/protected
    ${curlAs('user')} ${messages}/protected
    ${curlAs('user')} ${messages}/admin
    ${curlAs('admin')} ${messages}/admin

`
}

/** The permissions of a persona and its organization. */
function describe(persona: Persona, directory: Directory): string {
  const resourceServer = assertDefined(directory.api(api.identifier), 'API')
  const permissions = directory.permissionsOf(persona, resourceServer)
  const text = permissions.length === 0 ? 'no permissions' : permissions.join(', ')
  const organization = directory.organizations.get(persona.organizations[0])
  if (organization === undefined) return text
  const note = organization.known ? '' : ', which the API does not accept'
  return `${text}, member of ${organization.displayName}${note}`
}
