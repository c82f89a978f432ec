import type {
  ApiData,
  ClientData,
  OrganizationData,
  PersonaData,
  TenantData,
} from '../../tenant-data/tenant-data.ts'
import { MANAGEMENT_SCOPES } from '../management-api/scopes.ts'
import { type AuthenticationSettings, authenticationOf } from './authentication.ts'
import { connections, DATABASE_LOGIN, defaultClients } from './defaults.ts'
import type { Directory } from './directory.ts'
import type { Client, Organization, Persona } from './records.ts'
import { API_DEFAULTS, MANAGEMENT, type ProofOfPossession } from './resource-server.ts'

/** `data` for all of the data, `empty` for a new tenant: personas and the management client only. */
export type Seed = 'data' | 'empty'

const DEFAULT_LIFETIME_SECONDS = 24 * 60 * 60

/** The client that calls the Management API. */
const managementClient: Client = {
  id: 'local-management',
  name: 'Administration',
  secret: 'local-management-secret',
  redirectUris: [],
  logoutUris: [],
  grantTypes: ['client_credentials'],
}

/**
 * Fills a directory with the data of a tenant.
 *
 * @param authenticationClaims those of the provider, for data that does not name them
 */
export function seedDirectory(
  directory: Directory,
  seed: Seed,
  data: TenantData,
  authenticationClaims: AuthenticationSettings['claims'],
): void {
  directory.authentication = authenticationOf(data, authenticationClaims)
  directory.clients.seed({ ...managementClient })
  directory.clientGrants.seed({
    id: 'cgr_management',
    client_id: managementClient.id,
    audience: MANAGEMENT,
    scope: [...MANAGEMENT_SCOPES],
  })
  for (const connection of connections) {
    if (seed === 'data' || connection.strategy === 'auth0') {
      directory.connections.seed({ ...connection })
    }
  }
  const personas = data.personas.map(personaOf)
  if (seed === 'empty') {
    for (const persona of personas) {
      directory.personas.seed({ ...persona, roles: [], organizations: [] })
    }
    return
  }
  for (const persona of personas) directory.personas.seed(persona)
  for (const organization of data.organizations ?? []) {
    directory.organizations.seed(organizationOf(organization))
  }
  addApi(directory, data)
}

/** Adds the API, and the roles and clients that have permissions of it. */
function addApi(directory: Directory, { api, roles = {}, clients }: TenantData): void {
  const { identifier, name = identifier, tokenLifetime = DEFAULT_LIFETIME_SECONDS } = api
  const permissions = [...new Set(Object.values(roles).flat())]
  directory.resourceServers.seed({
    ...API_DEFAULTS,
    id: 'api_messages',
    identifier,
    name,
    scopes: permissions.map((value) => ({ value })),
    token_lifetime: tokenLifetime,
    token_lifetime_for_web: tokenLifetime,
    allow_offline_access: true,
    enforce_policies: true,
    token_dialect: 'access_token_authz',
    proof_of_possession: proofOfPossessionOf(api),
  })
  for (const [role, names] of Object.entries(roles)) {
    const permissions = names.map((permission) => ({ api: identifier, name: permission }))
    directory.roles.seed({ id: `rol_${role}`, name: role, description: role, permissions })
  }
  for (const { granted, ...client } of clients ?? defaultClients(permissions)) {
    directory.clients.seed(clientOf(client))
    if (granted === undefined) continue
    directory.clientGrants.seed({
      id: `cgr_${client.id}`,
      client_id: client.id,
      audience: identifier,
      scope: [...granted],
    })
  }
}

/** By default, any client can try bound tokens. */
function proofOfPossessionOf({ proofOfPossession: data }: ApiData): ProofOfPossession | null {
  if (data === null) return null
  const { required = false, requiredFor } = data ?? {}
  return {
    mechanism: 'dpop',
    required,
    ...(requiredFor !== undefined && {
      required_for: requiredFor as 'all_clients' | 'public_clients',
    }),
  }
}

/** The other properties of the data are those of a persona; only their types are wider. */
function personaOf({ name, ...persona }: PersonaData): Persona {
  const { displayName = name, email = `${name}@example.com` } = persona
  const { roles = [], organizations = [] } = persona
  return {
    ...(persona as Pick<
      Persona,
      'emailVerified' | 'picture' | 'claims' | 'denied' | 'secondFactor'
    >),
    name,
    displayName,
    email,
    roles: [...roles],
    organizations: [...organizations],
  }
}

function organizationOf({ id, ...organization }: OrganizationData): Organization {
  const { name = id.replace(/^org_/, '').toLowerCase(), known = true } = organization
  const { displayName = name } = organization
  return { id, name, displayName, known, enabled: DATABASE_LOGIN }
}

/** The properties of the data are those of a client; only their types are wider. */
function clientOf({ id, name = id, ...client }: ClientData): Client {
  const { redirectUris = [], logoutUris = [], grantTypes } = client
  return {
    ...(client as Pick<Client, 'idTokenAlgorithm'>),
    id,
    name,
    redirectUris: [redirectUris].flat(),
    logoutUris: [logoutUris].flat(),
    ...(grantTypes !== undefined && { grantTypes: [...grantTypes] }),
  }
}
