import type { AccessPolicy } from '../access/policy.ts'
import type { Directory } from '../local-tenant/directory/directory.ts'
import type { Persona } from '../local-tenant/directory/records.ts'
import type { LocalTenant } from '../local-tenant/local-tenant.ts'
import { assertDefined } from '../utils/assert-defined.ts'
import { visibleText } from '../utils/visible-text.ts'
import {
  apiOf,
  organizationOf,
  permissionsOf,
  type SuggestedTenant,
  suggestCalls,
} from './suggested-calls.ts'

export interface GreetingOptions {
  readonly apiUrl: string
  readonly tenant: Pick<LocalTenant, 'issuer' | 'provider' | 'directory' | 'dataFile'>
  /** The access policies of the API. Those that are not plain GET routes are not suggested. */
  readonly routes: ReadonlyMap<string, AccessPolicy>
  /** Variables of the developer that the local tenant overrides. */
  readonly unused: readonly string[]
  readonly hasBrowserLogin?: boolean
  readonly hasApiReference?: boolean
  /** Whether the API accepts only tokens that are bound to a key, which curl cannot send. */
  readonly requiresBoundTokens?: boolean
  /** The names of the npm scripts of the project. Other commands are called with npx. */
  readonly scripts: readonly string[]
}

/** The size of a terminal that the greeting fits: 24 lines with the one of the prompt. */
const COLUMNS = 80
const MAX_PERSONAS = 5

/** The text that `npm run dev` prints: URLs, personas, and what can be done next. */
export function greeting(options: GreetingOptions): string {
  const { apiUrl, tenant, unused, hasBrowserLogin, hasApiReference } = options
  const { issuer, provider, directory, dataFile } = tenant
  const { origin } = new URL(issuer)
  return [
    '',
    `  API            ${apiUrl}   (${apiOf(directory).identifier})`,
    ...(hasApiReference ? [`  API reference  ${apiUrl}/docs`] : []),
    ...(hasBrowserLogin ? [`  Browser login  ${apiUrl}/`] : []),
    `  Local tenant   ${origin}   (console: Explain, Keys and faults)`,
    ...(provider === 'auth0' ? [] : [`  Tokens         as ${provider}: ${issuer}`]),
    ...(unused.length > 0 ? [`  Not used       ${describeUnused(unused)}`] : []),
    '',
    `  Personas, from ${dataFile}`,
    ...personaLines(tenant),
    ...changesOf(directory),
  ]
    .map((line) => clip(visibleText(line)))
    .concat('', '  Next, in another terminal', ...nextSteps(options), '')
    .join('\n')
}

/** Commands, as a person pastes them. */
function nextSteps(options: GreetingOptions): string[] {
  const { apiUrl, tenant, routes, scripts, requiresBoundTokens = false } = options
  const { port, protocol } = new URL(tenant.issuer)
  const variables = [
    ...(protocol === 'https:' ? ['TENANT_HTTPS=true'] : []),
    ...(port === '6061' ? [] : [`TENANT_PORT=${port}`]),
  ]
  const command = (name: string, ...args: string[]) => [
    ...variables,
    ...(scripts.includes(name) ? ['npm run --silent', name] : ['npx messages-api', name]),
    ...(scripts.includes(name) && args.length > 0 ? ['--'] : []),
    ...args,
  ]
  const { publicPath, protectedCall } = suggestCalls(routes, tenant)
  const [first] = tenant.directory.personas
  const { name } = protectedCall?.persona ?? assertDefined(first, 'persona')
  const path = protectedCall === undefined ? [] : [protectedCall.path]
  const callsWithTokens = requiresBoundTokens
    ? path.map((path) => command('call', path, '--as', name, '--dpop'))
    : [
        enclose('TOKEN=$(', command('token', name), ')'),
        ...path.map((path) => ['curl -H "Authorization: Bearer $TOKEN"', `${apiUrl}${path}`]),
        ['echo "$TOKEN" |', ...command('explain')],
      ]
  return [
    ...(publicPath === undefined ? [] : [['curl', `${apiUrl}${publicPath}`]]),
    ...callsWithTokens,
    command('tenant', tenant.directory.changes().length === 0 ? 'status' : 'changes'),
  ].flatMap(commandLines)
}

function enclose(start: string, [first, ...others]: readonly string[], end: string): string[] {
  return [`${start}${first}`, ...others.slice(0, -1), `${others.at(-1)}${end}`]
}

/** A command, on several lines if it is too long for one. */
function commandLines(words: readonly string[]): string[] {
  const lines: string[] = []
  let line = '   '
  for (const [index, word] of words.entries()) {
    const end = index === words.length - 1 ? '' : ' \\'
    const isFull = line.trim() !== '' && `${line} ${word}${end}`.length > COLUMNS
    if (isFull) lines.push(`${line} \\`)
    line = `${isFull ? '     ' : line} ${word}`
  }
  return [...lines, line]
}

function describeUnused(unused: readonly string[]): string {
  const [first, ...others] = unused
  const names = others.length > 2 ? `${first} and ${others.length} others` : unused.join(', ')
  return `${names}: the local tenant sets them`
}

/** A note that there are changes which override the data of the tenant. */
function changesOf(directory: Directory): string[] {
  const { length } = directory.changes()
  return length === 0 ? [] : [`    Changes that override this file: ${length}`]
}

function personaLines(tenant: SuggestedTenant): string[] {
  const personas = [...tenant.directory.personas]
  const shown = personas.length > MAX_PERSONAS ? personas.slice(0, MAX_PERSONAS - 1) : personas
  const width = Math.max(...shown.map(({ name }) => name.length))
  const others = personas.length - shown.length
  return [
    ...shown.map((persona) => {
      return `    ${persona.name.padEnd(width)}  ${describe(persona, tenant)}`
    }),
    ...(others === 0 ? [] : [`    and ${others} others: see the console`]),
  ]
}

/** The permissions of a persona and its organization, and what is unusual about it. */
function describe(persona: Persona, tenant: SuggestedTenant): string {
  const { emailVerified = true, denied } = persona
  return [
    describeAccess(persona, tenant),
    ...(emailVerified ? [] : ['e-mail not verified']),
    ...(denied === undefined ? [] : ['login denied']),
  ].join(', ')
}

function describeAccess(persona: Persona, tenant: SuggestedTenant): string {
  const permissions = permissionsOf(persona, tenant.directory)
  const text = permissions.length === 0 ? 'no permissions' : permissions.join(', ')
  const organization = organizationOf(persona, tenant)
  if (organization === undefined) return text
  const note = organization.known ? '' : ' (not accepted)'
  return `${text}, member of ${organization.displayName}${note}`
}

function clip(line: string): string {
  return line.length > COLUMNS ? `${line.slice(0, COLUMNS - 1)}…` : line
}
