import {
  type AccessPolicy,
  holdsPermissions,
  holdsScopes,
  type Requirements,
} from '../access/policy.ts'
import type { Directory } from '../local-tenant/directory/directory.ts'
import type { Persona } from '../local-tenant/directory/records.ts'
import type { LocalTenant } from '../local-tenant/local-tenant.ts'
import { createPersonaGrant } from '../local-tenant/protocol/tokens/persona-grant.ts'
import { assertDefined } from '../utils/assert-defined.ts'
import { visibleText } from '../utils/visible-text.ts'

export interface GreetingOptions {
  readonly apiUrl: string
  readonly tenant: Pick<LocalTenant, 'issuer' | 'directory' | 'dataFile'>
  /** The access policies of the API. Those that are not plain GET routes are left out. */
  readonly routes: ReadonlyMap<string, AccessPolicy>
  /** Variables of the developer that the local tenant overrides. */
  readonly unused: readonly string[]
  readonly hasBrowserLogin?: boolean
  /** Whether the project has an npm script `token`. */
  readonly hasTokenScript: boolean
}

/** How many calls are suggested. */
const MAX_CALLS = 6

/** The text that `npm run dev` prints: URLs, personas, and commands to try. */
export function greeting(options: GreetingOptions): string {
  const { apiUrl, tenant, routes, unused, hasBrowserLogin, hasTokenScript } = options
  const { issuer, directory, dataFile } = tenant
  const { origin, port, protocol } = new URL(issuer)
  const variables = [
    ...(protocol === 'https:' ? ['TENANT_HTTPS=true '] : []),
    ...(port === '6061' ? [] : [`TENANT_PORT=${port} `]),
  ].join('')
  const command = (name: string) =>
    `${variables}${hasTokenScript ? `npm run --silent ${name} --` : `npx messages-api ${name}`}`
  const tokenCommand = command('token')
  const calls = [...routes].flatMap(([path, policy]) => {
    const header = authorizationOf(policy, directory, tokenCommand)
    const isPlain = /^\/[^:*]*$/.test(path)
    return isPlain && header !== undefined ? [`    curl ${header}${apiUrl}${path}`] : []
  })
  return [
    '',
    `  API            ${apiUrl}`,
    ...(hasBrowserLogin ? [`  Browser login  ${apiUrl}/`] : []),
    `  Local tenant   ${origin}   (${apiOf(directory).identifier})`,
    ...(unused.length > 0
      ? [`  Not used       ${unused.join(', ')}: the local tenant sets them`]
      : []),
    '',
    `  Personas, from ${dataFile}. Get a token: ${tokenCommand} <name>`,
    ...[...directory.personas].map(
      (persona) => `    ${persona.name.padEnd(15)} ${describe(persona, directory)}`,
    ),
    ...changesOf(directory, command('tenant')),
    ...(calls.length > 0 ? ['', '  Try', ...calls.slice(0, MAX_CALLS)] : []),
    ...['', ''],
  ]
    .map(visibleText)
    .join('\n')
}

/** A note that there are changes which override the data of the tenant. */
function changesOf(directory: Directory, tenantCommand: string): string[] {
  const { length } = directory.changes()
  if (length === 0) return []
  return [`    Changes that override this file: ${length}. See ${tenantCommand} changes`]
}

/**
 * The option of curl that a call needs: none for a public route, otherwise a token of the first persona
 * that the route allows.
 *
 * @returns undefined if it allows no persona
 */
function authorizationOf(policy: AccessPolicy, directory: Directory, tokenCommand: string) {
  if (policy === 'public' || policy.optional) return ''
  const persona = [...directory.personas].find((one) => isAllowed(one, policy, directory))
  return persona && `-H "Authorization: Bearer $(${tokenCommand} ${persona.name})" `
}

/** Whether a route allows a persona, as far as its policy says. */
function isAllowed(persona: Persona, policy: Requirements, directory: Directory): boolean {
  const { organization, scope: scopes } = createPersonaGrant(directory, persona)
  if (organization?.known === false) return false
  const { organizations } = policy
  if (organizations !== undefined && !organizations.includes(String(organization?.id))) return false
  const permissions = permissionsOf(persona, directory)
  return holdsPermissions({ permissions }, policy) && holdsScopes({ scopes }, policy)
}

function permissionsOf(persona: Persona, directory: Directory): string[] {
  return directory.permissionsOf(persona, apiOf(directory))
}

function apiOf({ resourceServers }: Directory) {
  return assertDefined(
    resourceServers.find(() => true),
    'API',
  )
}

/** The permissions of a persona and its organization, and what is unusual about it. */
function describe(persona: Persona, directory: Directory): string {
  const { emailVerified = true, denied } = persona
  return [
    describeAccess(persona, directory),
    ...(emailVerified ? [] : ['e-mail not verified']),
    ...(denied === undefined ? [] : ['login denied']),
  ].join(', ')
}

function describeAccess(persona: Persona, directory: Directory): string {
  const permissions = permissionsOf(persona, directory)
  const text = permissions.length === 0 ? 'no permissions' : permissions.join(', ')
  const organization = directory.organizations.get(persona.organizations[0])
  if (organization === undefined) return text
  const note = organization.known ? '' : ', which the API does not accept'
  return `${text}, member of ${organization.displayName}${note}`
}
