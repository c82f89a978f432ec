import type { Management as Sdk } from 'auth0'
import { all, type Management } from './client/client.ts'
import { type Completion, complete } from './provisioning/completion.ts'

/** What the Management API lets one change of a connection; its `name` is not among it. */
export interface ConnectionChanges {
  readonly display_name?: string
  readonly show_as_button?: boolean
  readonly is_domain_connection?: boolean
  /** Added to the ones there are. */
  readonly realms?: string[]
  readonly metadata?: Readonly<Record<string, string>>
  readonly options?: Readonly<Record<string, unknown>>
}

export const SCOPES = { read: 'read:connections', update: 'update:connections' }

export interface ConnectionSummary {
  readonly id: string
  readonly name: string
  readonly display_name: string
  readonly strategy: string
}

/** The connections of a tenant, without their options. */
export async function listConnections(
  { connections }: Management,
  strategy?: string,
): Promise<ConnectionSummary[]> {
  const found = await all(
    connections.list({
      take: 100,
      fields: 'id,name,display_name,strategy',
      ...(strategy !== undefined && { strategy: [strategy as Sdk.ConnectionStrategyEnum] }),
    }),
  )
  return found.map(({ id = '', name = '', display_name = '', strategy = '' }) => {
    return { id, name, display_name, strategy }
  })
}

/**
 * What changes would make of a connection. Its options and metadata are sent whole, as the API
 * replaces them so.
 */
export async function planConnection(
  { connections }: Management,
  id: string,
  changes: ConnectionChanges,
): Promise<Completion> {
  const current = await connections.get(id)
  return complete(current as unknown as Record<string, unknown>, { ...changes })
}

export async function updateConnection(
  { connections }: Management,
  id: string,
  { changes }: Completion,
): Promise<void> {
  await connections.update(id, changes as Sdk.UpdateConnectionRequestContent)
}

const SECRET = /secret|password|passwd|token|key|cert|credential|private/i

/** A copy in which nothing that sounds like a secret can be read, however deep it is. */
export function withoutSecrets(value: unknown, name = ''): unknown {
  if (SECRET.test(name) && value !== undefined && typeof value !== 'boolean') return '(hidden)'
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutSecrets(item, key)]),
  )
}
