import { MANAGEMENT_SCOPES } from '../management-api/scopes.ts'
import { api, clients, connections, organizations, personas, roles } from './data.ts'
import type { Directory } from './directory.ts'
import type { Client } from './records.ts'
import { API_DEFAULTS, MANAGEMENT } from './resource-server.ts'

/** `data` for all of data.ts, `empty` for a new tenant: personas and the management client only. */
export type Seed = 'data' | 'empty'

/** The client that calls the Management API. */
const managementClient: Client = {
  id: 'local-management',
  name: 'Administration',
  secret: 'local-management-secret',
  redirectUris: [],
  logoutUris: [],
  grantTypes: ['client_credentials'],
}

/** Fills a directory from data.ts. */
export function seedDirectory(directory: Directory, seed: Seed): void {
  directory.clients.add({ ...managementClient })
  directory.clientGrants.add({
    id: 'cgr_management',
    client_id: managementClient.id,
    audience: MANAGEMENT,
    scope: [...MANAGEMENT_SCOPES],
  })
  for (const connection of connections) {
    if (seed === 'data' || connection.strategy === 'auth0') {
      directory.connections.add({ ...connection })
    }
  }
  if (seed === 'data') {
    addData(directory)
    return
  }
  for (const persona of personas) {
    directory.personas.add({ ...persona, roles: [], organizations: [] })
  }
}

function addData(directory: Directory): void {
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
    const permissions = names.map((permission) => ({ api: api.identifier, name: permission }))
    directory.roles.add({ id: `rol_${name}`, name, description: name, permissions })
  }
  for (const persona of personas) {
    const { roles, organizations } = persona
    directory.personas.add({ ...persona, roles: [...roles], organizations: [...organizations] })
  }
  for (const { granted, ...client } of clients) {
    directory.clients.add({ ...client })
    if (granted === undefined) continue
    directory.clientGrants.add({
      id: `cgr_${client.id}`,
      client_id: client.id,
      audience: api.identifier,
      scope: [...granted],
    })
  }
  for (const organization of organizations) {
    directory.organizations.add({ ...organization })
  }
}
