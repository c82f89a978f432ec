import { randomBytes } from 'node:crypto'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'
import type { Management } from '../client/client.ts'
import type { Ids } from './apply.ts'
import type { Description } from './description.ts'

export type Variables = Readonly<Record<string, string>>
type Environment = Readonly<Record<string, string | undefined>>

/** The variables of a server for the tenant that was described; no secret is among them. */
export function environmentOf(
  { api, clients, organizations, organization_required: required }: Description,
  ids: Ids,
  domain: string,
): Variables {
  const known = Object.keys(organizations).map((name) => ids.organizations.get(name))
  const reference = ids.clients.get(clients.browser?.name ?? '')
  const origins = clients.browser?.web_origins ?? []
  return {
    AUTH0_DOMAIN: domain,
    AUTH0_AUDIENCE: api.identifier,
    ...(origins.length > 0 && { CLIENT_ORIGIN_URL: origins.join() }),
    ...(known.length > 0 && { AUTH0_ORGANIZATIONS: known.join() }),
    ...(known.length > 0 && !required && { ORGANIZATION_REQUIRED: 'false' }),
    ...(reference !== undefined && { API_REFERENCE_CLIENT_ID: reference }),
  }
}

/** What turns the browser login on: all three or none, since the server takes no part of them. */
export const BROWSER_LOGIN = ['AUTH0_CLIENT_ID', 'AUTH0_CLIENT_SECRET', 'SESSION_SECRET'] as const

/**
 * The variables of the browser login, secrets among them.
 *
 * @param there what is set already: where that is of another client, nothing is added to it
 * @returns none where the tenant does not tell the secret: that takes `read:client_keys`
 */
export async function browserLogin(
  { clients }: Management,
  id: string,
  there: Environment,
): Promise<Variables> {
  if ((there['AUTH0_CLIENT_ID'] || id) !== id) return { AUTH0_CLIENT_ID: id }
  const { client_secret: secret } = await clients.get(id, { fields: 'client_secret' })
  if (secret === undefined) return {}
  return {
    AUTH0_CLIENT_ID: id,
    AUTH0_CLIENT_SECRET: secret,
    SESSION_SECRET: there['SESSION_SECRET'] || randomBytes(32).toString('base64url'),
  }
}

export interface Written {
  readonly added: readonly string[]
  /** What was set to something else, and still is. */
  readonly kept: readonly string[]
}

/** What a file says; nothing where there is none. */
export async function readVariables(file: string): Promise<Environment> {
  return parseEnv(await textOf(file)) as Environment
}

/** Adds variables to a file, which only its owner can read then. What is set there stays. */
export async function writeVariables(file: string, variables: Variables): Promise<Written> {
  const text = await textOf(file)
  const there = parseEnv(text) as Environment
  const isSet = (name: string) => (there[name] ?? '') !== ''
  const added = Object.keys(variables).filter((name) => !isSet(name))
  const kept = Object.keys(variables).filter(
    (name) => isSet(name) && there[name] !== variables[name],
  )
  if (added.length === 0) return { added, kept }
  const lines = added.map((name) => `${name}=${variables[name]}\n`)
  const gap = text === '' || text.endsWith('\n') ? '' : '\n'
  // Nobody else can read it by the time that a secret is in it.
  await writeFile(file, '', { flag: 'a', mode: 0o600 })
  await chmod(file, 0o600)
  await writeFile(file, `${text}${gap}${lines.join('')}`)
  return { added, kept }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
