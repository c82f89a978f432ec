import { ManagementError } from '../client/errors.ts'
import type { Description } from './description.ts'
import { desiredApi, desiredClients } from './desired-state.ts'
import { type Difference, mergePatch } from './merge-patch.ts'
import type { TenantState } from './read-state.ts'

/** The kinds of steps, in dependency order. */
export const STEP_KINDS = [
  'API',
  'role',
  'permission',
  'client',
  'grant',
  'organization',
  'connection',
  'assignment',
] as const

/** A resource in the description, and the action that it needs. */
export type Step = {
  /** The name for people. */
  readonly name: string
  readonly action: 'create' | 'change' | 'unchanged'
  readonly differences: readonly Difference[]
} & StepRequest

/** The data to send. Ids of resources that do not exist yet are looked up when the step runs. */
type StepRequest =
  | { readonly kind: 'API'; readonly id: string | undefined; readonly fields: Fields }
  | { readonly kind: 'role' }
  | { readonly kind: 'permission'; readonly role: string; readonly permissions: readonly string[] }
  | { readonly kind: 'client'; readonly id: string | undefined; readonly fields: Fields }
  | { readonly kind: 'grant'; readonly id: string | undefined; readonly scope: readonly string[] }
  | { readonly kind: 'organization'; readonly id: string | undefined; readonly fields: Fields }
  | { readonly kind: 'connection'; readonly organization: string; readonly connection: string }
  | { readonly kind: 'assignment'; readonly role: string; readonly user: string }

/** Fields of a resource, named as in the Management API. */
export type Fields = Readonly<Record<string, unknown>>

/**
 * The steps that bring a tenant to the described state. No step removes anything.
 *
 * @param allowHttp see `desiredClients`
 * @throws ManagementError `not_found` if a connection in the description does not exist
 */
export function plan(description: Description, state: TenantState, allowHttp: boolean): Step[] {
  return [
    planApi(description, state),
    ...planRoles(description, state),
    ...desiredClients(description, allowHttp).map((wanted) => planClient(wanted, state)),
    ...planGrants(description, state),
    ...planOrganizations(description, state),
    ...planAssignments(description, state),
  ]
}

/** The scopes of the Management API that the steps need. */
export function scopesToApply(steps: readonly Step[]): string[] {
  const needed = steps.flatMap(({ kind, action }) => {
    if (action === 'unchanged') return []
    if (kind === 'permission' || kind === 'assignment') return ['update:roles']
    if (kind === 'connection') return ['create:organization_connections']
    const resource =
      kind === 'API' ? 'resource_servers' : `${kind === 'grant' ? 'client_grant' : kind}s`
    return [`${action === 'create' ? 'create' : 'update'}:${resource}`]
  })
  return [...new Set(needed)]
}

function planApi(description: Description, { api }: TenantState): Step {
  const { identifier } = description.api
  const wanted = desiredApi(description, api)
  const step = stepFor(api as Fields | undefined, wanted as Fields)
  return { kind: 'API', name: identifier, id: api?.id, ...step }
}

function planRoles({ roles, api }: Description, state: TenantState): Step[] {
  return Object.entries(roles).flatMap(([name, { permissions }]): Step[] => {
    const role = state.roles.get(name)
    const added = permissions.filter((one) => role?.permissions.includes(one) !== true)
    const differences =
      added.length === 0
        ? []
        : [{ field: api.identifier, from: role?.permissions ?? [], to: added }]
    const action = role === undefined ? 'create' : 'unchanged'
    const roleStep: Step = { kind: 'role', name, action, differences: [] }
    if (permissions.length === 0) return [roleStep]
    return [
      roleStep,
      {
        kind: 'permission',
        name: `${name} may ${permissions.join(', ')}`,
        action: added.length > 0 ? 'create' : 'unchanged',
        differences,
        role: name,
        permissions: added,
      },
    ]
  })
}

function planClient(wanted: { name: string }, { clients }: TenantState): Step {
  const client = clients.get(wanted.name)
  const step = stepFor(client as Fields | undefined, withoutEquivalents(wanted, client))
  return { kind: 'client', name: wanted.name, id: client?.client_id, ...step }
}

/**
 * Values of existing clients that work as well as the wanted ones. A client without a
 * `token_endpoint_auth_method` authenticates with a private key.
 */
const EQUIVALENTS = new Map<unknown, readonly unknown[]>([
  ['post_login_prompt', ['pre_login_prompt']],
  ['client_secret_post', ['client_secret_basic', undefined, null]],
])

/** The wanted fields, without those that an existing client has in an equivalent form. */
function withoutEquivalents(wanted: Fields, client: Fields | undefined): Fields {
  if (client === undefined) return wanted
  return Object.fromEntries(
    Object.entries(wanted).filter(([name, to]) => !EQUIVALENTS.get(to)?.includes(client[name])),
  )
}

function planGrants({ clients: { machine } }: Description, state: TenantState): Step[] {
  if (machine === undefined) return []
  const id = state.clients.get(machine.name)?.client_id
  const grant = id === undefined ? undefined : state.grants.get(id)
  const { fields, ...step } = stepFor(grant as Fields | undefined, { scope: machine.permissions })
  const scope = (fields['scope'] ?? []) as string[]
  return [{ kind: 'grant', name: machine.name, id: grant?.id, scope, ...step }]
}

function planOrganizations({ organizations }: Description, state: TenantState): Step[] {
  return Object.entries(organizations).flatMap(([name, wanted]): Step[] => {
    const found = state.organizations.get(name)
    const current = found && { name, display_name: found.displayName }
    const fields = { name, ...(wanted.display_name && { display_name: wanted.display_name }) }
    return [
      { kind: 'organization', name, id: found?.id, ...stepFor(current, fields) },
      ...wanted.connections.map((connectionName): Step => {
        const connection = findConnectionId(connectionName, state)
        const isEnabled = found?.connections.includes(connection) === true
        const action = isEnabled ? 'unchanged' : 'create'
        return {
          kind: 'connection',
          name: `${name} by ${connectionName}`,
          action,
          differences: [],
          organization: name,
          connection,
        }
      }),
    ]
  })
}

function findConnectionId(name: string, { connections }: TenantState): string {
  const id = connections.get(name)
  if (id !== undefined) return id
  const names = [...connections.keys()].join(', ')
  throw new ManagementError('not_found', `There is no connection ${name}. Connections: ${names}.`)
}

function planAssignments({ roles }: Description, state: TenantState): Step[] {
  return Object.entries(roles).flatMap(([role, { users }]) =>
    users.map((email): Step => {
      const user = state.users.get(email.toLowerCase())
      const action = user?.roles.includes(role) === true ? 'unchanged' : 'create'
      const name = `${email} is ${role}`
      return { kind: 'assignment', name, action, differences: [], role, user: String(user?.id) }
    }),
  )
}

function stepFor(current: Fields | undefined, wanted: Fields) {
  const { changes, differences } = mergePatch(current ?? {}, wanted)
  if (current === undefined) return { action: 'create' as const, fields: wanted, differences }
  const action = differences.length > 0 ? ('change' as const) : ('unchanged' as const)
  return { action, fields: changes, differences }
}
