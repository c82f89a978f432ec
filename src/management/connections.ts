import type { Management as Sdk } from 'auth0'
import { listAll, type ManagementClient } from './client/client.ts'
import { connectionPatch } from './connection-patch.ts'
import type { MergePatch } from './provisioning/merge-patch.ts'

/** What can be changed in a connection. The Management API does not allow a new `name`. */
export interface ConnectionChanges {
  readonly display_name?: string
  readonly show_as_button?: boolean
  readonly is_domain_connection?: boolean
  /** All realms, in their order. */
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
  { connections }: ManagementClient,
  strategy?: string,
): Promise<ConnectionSummary[]> {
  const found = await listAll(
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
 * Computes the update of a connection (see `connectionPatch`). `options` and `metadata` are sent with all
 * their members, since the API replaces them as a whole.
 */
export async function planConnection(
  { connections }: ManagementClient,
  id: string,
  changes: ConnectionChanges,
): Promise<MergePatch> {
  const current = await connections.get(id)
  return connectionPatch(current as unknown as Record<string, unknown>, { ...changes })
}

export async function updateConnection(
  { connections }: ManagementClient,
  id: string,
  { changes }: MergePatch,
): Promise<void> {
  await connections.update(id, changes as Sdk.UpdateConnectionRequestContent)
}

const SECRET_NAME = /secret|pass(?:$|_|w|phrase)|token|key|cert|credential|private/i

/** A deep copy that replaces each value whose name suggests a secret. */
export function redactSecrets(value: unknown, name = ''): unknown {
  if (SECRET_NAME.test(name) && value !== undefined && typeof value !== 'boolean') return '(hidden)'
  if (Array.isArray(value)) return value.map((item) => redactSecrets(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, redactSecrets(item, key)]),
  )
}
