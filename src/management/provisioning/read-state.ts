import type { Management as Sdk } from 'auth0'
import { listAll, type ManagementClient } from '../client/client.ts'
import { ManagementError } from '../client/errors.ts'
import type { Description } from './description.ts'

/** The state of the resources that a description names. */
export interface TenantState {
  readonly api: Sdk.ResourceServer | undefined
  readonly roles: ReadonlyMap<string, RoleState>
  /** By name. */
  readonly clients: ReadonlyMap<string, Sdk.Client>
  /** The client grants for the API, by client id. */
  readonly grants: ReadonlyMap<string, Sdk.ClientGrantResponseContent>
  readonly organizations: ReadonlyMap<string, OrganizationState>
  /** The ids of connections, by name. */
  readonly connections: ReadonlyMap<string, string>
  /** By e-mail address in lower case. */
  readonly users: ReadonlyMap<string, UserState>
}

export interface RoleState {
  readonly id: string
  /** Only those of the API in the description. */
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

/** The scopes that `readState` needs. Some are only for organizations or users. */
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

/** The fields of a client that a plan compares. The secret is not one of them. */
const CLIENT_FIELDS =
  'client_id,name,app_type,oidc_conformant,callbacks,allowed_logout_urls,web_origins,initiate_login_uri,oidc_logout,grant_types,token_endpoint_auth_method,jwt_configuration,refresh_token,organization_usage,organization_require_behavior'

/**
 * Page sizes: a new object for each list, since the SDK (7.1.0) stores the current page in it. They
 * have to be set: https://github.com/auth0/node-auth0/issues/1259
 */
const pages = () => ({ per_page: 100 })
const checkpoints = () => ({ take: 100 })

/**
 * Reads the resources that a description names.
 *
 * @throws ManagementError `ambiguous` if several clients or users match, `not_found` for a user
 */
export async function readState(
  management: ManagementClient,
  description: Description,
): Promise<TenantState> {
  const { identifier } = description.api
  const organizationNames = Object.keys(description.organizations)
  const [apis, roles, clients, grants, organizations, connections, users] = await Promise.all([
    listAll(management.resourceServers.list({ ...pages(), identifiers: [identifier] })),
    readRoles(management, description),
    listAll(management.clients.list({ ...pages(), fields: CLIENT_FIELDS, include_fields: true })),
    readGrants(management, identifier),
    organizationNames.length > 0 ? readOrganizations(management, organizationNames) : [],
    organizationNames.length > 0
      ? listAll(management.connections.list({ ...checkpoints(), fields: 'id,name' }))
      : [],
    readUsers(management, description),
  ])
  const names = Object.values(description.clients).map(({ name }) => name)
  return {
    api: apis.find((api) => api.identifier === identifier),
    roles: new Map(roles),
    clients: new Map(names.flatMap((name) => findUniqueClient(clients, name))),
    grants: new Map(grants),
    organizations: new Map(organizations),
    connections: new Map(connections.map(({ name, id }) => [String(name), String(id)])),
    users: new Map(users),
  }
}

async function readRoles({ roles }: ManagementClient, description: Description) {
  const matching = (await listAll(roles.list(pages()))).filter(({ name = '' }) =>
    Object.hasOwn(description.roles, name),
  )
  return Promise.all(
    matching.map(async (role): Promise<[string, RoleState]> => {
      const id = String(role.id)
      const assigned = await listAll(roles.permissions.list(id, pages()))
      const ofThisApi = assigned.filter(
        (one) => one.resource_server_identifier === description.api.identifier,
      )
      return [
        String(role.name),
        { id, permissions: ofThisApi.map((one) => String(one.permission_name)) },
      ]
    }),
  )
}

/** Only the grants for the client itself, not those for its users. */
async function readGrants({ clientGrants }: ManagementClient, audience: string) {
  const request = { ...checkpoints(), audience, subject_type: 'client' as const }
  const grants = await listAll(clientGrants.list(request))
  return grants.map((grant) => [String(grant.client_id), grant] as const)
}

async function readOrganizations({ organizations }: ManagementClient, names: readonly string[]) {
  const matching = (await listAll(organizations.list(checkpoints()))).filter(({ name = '' }) =>
    names.includes(name),
  )
  return Promise.all(
    matching.map(async (organization): Promise<[string, OrganizationState]> => {
      const id = String(organization.id)
      const enabled = await listAll(organizations.enabledConnections.list(id, pages()))
      const connections = enabled.map((one) => String(one.connection_id))
      const displayName = organization.display_name
      return [String(organization.name), { id, displayName, connections }]
    }),
  )
}

function findUniqueClient(clients: readonly Sdk.Client[], name: string): [string, Sdk.Client][] {
  const found = clients.filter((client) => client.name === name)
  if (found.length < 2) return found.map((client) => [name, client])
  const ids = found.map((client) => client.client_id).join(', ')
  const description = `Several clients have the name ${name} (${ids}): rename all but one of them.`
  throw new ManagementError('ambiguous', description)
}

async function readUsers({ users }: ManagementClient, { roles }: Description) {
  const emails = Object.values(roles).flatMap((role) => role.users)
  const wanted = [...new Set(emails.map((email) => email.toLowerCase()))]
  return Promise.all(
    wanted.map(async (email): Promise<[string, UserState]> => {
      const fields = 'user_id,email_verified'
      const user = findUniqueUser(await users.listUsersByEmail({ email, fields }), email)
      const assigned = await listAll(users.roles.list(user, pages()))
      return [email, { id: user, roles: assigned.map(({ name }) => String(name)) }]
    }),
  )
}

/** Only a user with a verified address gets a role: anyone can sign up with an unverified one. */
function findUniqueUser(found: readonly Sdk.UserResponseSchema[], email: string): string {
  const verified = found.filter((user) => user.email_verified === true)
  const [user, another] = verified
  if (another !== undefined) {
    const ids = verified.map(({ user_id }) => user_id).join(', ')
    throw new ManagementError(
      'ambiguous',
      `Several users have the e-mail address ${email} (${ids}).`,
    )
  }
  if (user !== undefined) return String(user.user_id)
  const description =
    found.length === 0
      ? `No user of the tenant has the e-mail address ${email}. Users are not created: ask them to sign up.`
      : `The user with the e-mail address ${email} has not verified it, so it may belong to someone else.`
  throw new ManagementError('not_found', description)
}
