import {
  api,
  clients,
  connections,
  managementClient,
  organizations,
  personas,
  roles,
} from './data.ts'
import type { Directory } from './directory.ts'
import { API_DEFAULTS, MANAGEMENT } from './resource-server.ts'

/** All of the data file, or no more than a new tenant has: people, and whom to administer it by. */
export type Seed = 'data' | 'empty'

/** Fills a directory from the data file. */
export function sow(directory: Directory, seed: Seed): void {
  const { id, managementScopes, ...rest } = managementClient
  directory.clients.add({ id, ...rest })
  const managementGrant = { client_id: id, audience: MANAGEMENT, scope: [...managementScopes] }
  directory.clientGrants.add({ id: 'cgr_management', ...managementGrant })
  for (const connection of connections) {
    if (seed === 'data' || connection.strategy === 'auth0')
      directory.connections.add({ ...connection })
  }
  if (seed === 'data') sowData(directory)
  else
    for (const persona of personas)
      directory.personas.add({ ...persona, roles: [], organizations: [] })
}

function sowData(directory: Directory): void {
  const permissions = [...new Set(Object.values(roles).flat())]
  directory.resourceServers.add({
    ...API_DEFAULTS,
    id: 'api_messages',
    identifier: api.identifier,
    name: 'Messages',
    scopes: permissions.map((value) => ({ value })),
    token_lifetime: api.tokenLifetime,
    token_lifetime_for_web: api.tokenLifetime,
    allow_offline_access: true,
    enforce_policies: true,
    token_dialect: 'access_token_authz',
  })
  for (const [name, names] of Object.entries(roles)) {
    const held = names.map((permission) => ({ api: api.identifier, name: permission }))
    directory.roles.add({ id: `rol_${name}`, name, description: name, permissions: held })
  }
  for (const persona of personas) {
    const { roles: held, organizations: memberships } = persona
    directory.personas.add({ ...persona, roles: [...held], organizations: [...memberships] })
  }
  for (const { granted, ...client } of clients) {
    directory.clients.add({ ...client })
    if (granted === undefined) continue
    const id = `cgr_${client.id}`
    const grant = { client_id: client.id, audience: api.identifier, scope: [...granted] }
    directory.clientGrants.add({ id, ...grant })
  }
  for (const organization of organizations) {
    directory.organizations.add({ ...organization })
  }
}
