import type { Management as Sdk } from 'auth0'
import { all, type Management } from '../client/client.ts'
import { ManagementError } from '../client/errors.ts'
import type { Description } from './description.ts'

/** What a tenant is like, as far as a description is about it. */
export interface TenantState {
  readonly api: Sdk.ResourceServer | undefined
  readonly roles: ReadonlyMap<string, RoleState>
  /** By their names. */
  readonly clients: ReadonlyMap<string, Sdk.Client>
  /** What clients may have for themselves at the API, by the ids of the clients. */
  readonly grants: ReadonlyMap<string, Sdk.ClientGrantResponseContent>
  readonly organizations: ReadonlyMap<string, OrganizationState>
  /** The ids of connections, by their names. */
  readonly connections: ReadonlyMap<string, string>
  /** By e-mail, in lower case. */
  readonly users: ReadonlyMap<string, UserState>
}

export interface RoleState {
  readonly id: string
  /** Of this API. */
  readonly permissions: readonly string[]
}

export interface OrganizationState {
  readonly id: string
  readonly displayName: string | undefined
  /** The ids of the connections that are enabled. */
  readonly connections: readonly string[]
}

export interface UserState {
  readonly id: string
  /** The names of the roles. */
  readonly roles: readonly string[]
}

/** What reading needs; the last ones only where the description has organizations or users. */
export function scopesToRead({ roles, organizations }: Description): string[] {
  const hasUsers = Object.values(roles).some(({ users }) => users.length > 0)
  const hasOrganizations = Object.keys(organizations).length > 0
  return [
    'read:resource_servers',
    'read:roles',
    'read:clients',
    'read:client_grants',
    ...(hasUsers ? ['read:users'] : []),
    ...(hasOrganizations
      ? ['read:organizations', 'read:organization_connections', 'read:connections']
      : []),
  ]
}

/** Everything of a client that a plan looks at; its secret is not among it. */
const CLIENT_FIELDS =
  'client_id,name,app_type,oidc_conformant,callbacks,allowed_logout_urls,web_origins,initiate_login_uri,oidc_logout,grant_types,token_endpoint_auth_method,jwt_configuration,refresh_token,organization_usage'

/** New for each list: the SDK counts its pages in what it is given. */
const pages = () => ({ per_page: 100 })
const checkpoints = () => ({ take: 100 })

/**
 * Lists what the description is about, page by page.
 *
 * @throws ManagementError `ambiguous` where two things have the name of one
 */
export async function readState(
  management: Management,
  description: Description,
): Promise<TenantState> {
  const { identifier } = description.api
  const named = Object.keys(description.organizations)
  const [apis, roles, clients, grants, organizations, connections, users] = await Promise.all([
    all(management.resourceServers.list({ ...pages(), identifiers: [identifier] })),
    readRoles(management, description),
    all(management.clients.list({ ...pages(), fields: CLIENT_FIELDS, include_fields: true })),
    readGrants(management, identifier),
    named.length > 0 ? readOrganizations(management, named) : [],
    named.length > 0
      ? all(management.connections.list({ ...checkpoints(), fields: 'id,name' }))
      : [],
    readUsers(management, description),
  ])
  const names = Object.values(description.clients).map(({ name }) => name)
  return {
    api: apis.find((api) => api.identifier === identifier),
    roles: new Map(roles),
    clients: new Map(names.flatMap((name) => theOne(clients, name))),
    grants: new Map(grants),
    organizations: new Map(organizations),
    connections: new Map(connections.map(({ name, id }) => [String(name), String(id)])),
    users: new Map(users),
  }
}

async function readRoles({ roles }: Management, description: Description) {
  const known = (await all(roles.list(pages()))).filter(
    ({ name = '' }) => name in description.roles,
  )
  return Promise.all(
    known.map(async (role): Promise<[string, RoleState]> => {
      const id = String(role.id)
      const held = await all(roles.permissions.list(id, pages()))
      const ours = held.filter(
        (one) => one.resource_server_identifier === description.api.identifier,
      )
      return [
        String(role.name),
        { id, permissions: ours.map((one) => String(one.permission_name)) },
      ]
    }),
  )
}

/** Grants for people that a client speaks for are others. */
async function readGrants({ clientGrants }: Management, audience: string) {
  const request = { ...checkpoints(), audience, subject_type: 'client' as const }
  const grants = await all(clientGrants.list(request))
  return grants.map((grant) => [String(grant.client_id), grant] as const)
}

async function readOrganizations({ organizations }: Management, named: readonly string[]) {
  const known = (await all(organizations.list(checkpoints()))).filter(({ name = '' }) =>
    named.includes(name),
  )
  return Promise.all(
    known.map(async (organization): Promise<[string, OrganizationState]> => {
      const id = String(organization.id)
      const enabled = await all(organizations.enabledConnections.list(id, pages()))
      const connections = enabled.map((one) => String(one.connection_id))
      const displayName = organization.display_name
      return [String(organization.name), { id, displayName, connections }]
    }),
  )
}

function theOne(clients: readonly Sdk.Client[], name: string): [string, Sdk.Client][] {
  const found = clients.filter((client) => client.name === name)
  if (found.length < 2) return found.map((client) => [name, client])
  const ids = found.map((client) => client.client_id).join(', ')
  const description = `Several clients are called ${name} (${ids}): rename all but one of them.`
  throw new ManagementError('ambiguous', description)
}

async function readUsers({ users }: Management, { roles }: Description) {
  const emails = Object.values(roles).flatMap((role) => role.users)
  const wanted = [...new Set(emails.map((email) => email.toLowerCase()))]
  return Promise.all(
    wanted.map(async (email): Promise<[string, UserState]> => {
      const fields = 'user_id,email_verified'
      const user = theUser(await users.listUsersByEmail({ email, fields }), email)
      const held = await all(users.roles.list(user, pages()))
      return [email, { id: user, roles: held.map(({ name }) => String(name)) }]
    }),
  )
}

/** A role is given to nobody who only says that the address is theirs. */
function theUser(found: readonly Sdk.UserResponseSchema[], email: string): string {
  const verified = found.filter((user) => user.email_verified === true)
  const [user, another] = verified
  if (another !== undefined) {
    const ids = verified.map(({ user_id }) => user_id).join(', ')
    throw new ManagementError('ambiguous', `Several users have the e-mail ${email} (${ids}).`)
  }
  if (user !== undefined) return String(user.user_id)
  const description =
    found.length === 0
      ? `No user of the tenant has the e-mail ${email}. Users are not created: let them sign up.`
      : `The user with the e-mail ${email} has not verified it, so it may be somebody else's.`
  throw new ManagementError('not_found', description)
}
