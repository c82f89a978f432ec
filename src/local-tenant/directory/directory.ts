import { type AuthenticationSettings, DEFAULT_AUTHENTICATION } from './authentication.ts'
import { type ChangeSummary, Collection } from './collection.ts'
import type {
  Client,
  ClientGrant,
  Connection,
  Invitation,
  Organization,
  Persona,
  Role,
} from './records.ts'
import { MANAGEMENT, type ResourceServer } from './resource-server.ts'

/** A change of a record. */
export interface DirectoryChange extends ChangeSummary {
  /** The name of its collection. */
  readonly collection: string
}

/** All records of the tenant. Logins, tokens and the Management API read and change them here. */
export class Directory {
  readonly resourceServers = new Collection<ResourceServer>(({ id }) => id)
  readonly roles = new Collection<Role>(({ id }) => id)
  readonly personas = new Collection<Persona>(({ name }) => name)
  readonly clients = new Collection<Client>(({ id }) => id)
  readonly clientGrants = new Collection<ClientGrant>(({ id }) => id)
  readonly organizations = new Collection<Organization>(({ id }) => id)
  readonly connections = new Collection<Connection>(({ id }) => id)
  readonly invitations = new Collection<Invitation>(({ id }) => id)
  authentication: AuthenticationSettings = DEFAULT_AUTHENTICATION

  /** Whether tokens are for the first API if the request names no other one, as at most providers. */
  readonly impliesApi: boolean

  constructor(impliesApi = false) {
    this.impliesApi = impliesApi
  }

  /** All collections, by name. */
  get collections() {
    const { resourceServers, roles, personas, clients, clientGrants } = this
    const { organizations, connections, invitations } = this
    return {
      resourceServers,
      roles,
      personas,
      clients,
      clientGrants,
      organizations,
      connections,
      invitations,
    }
  }

  /** What differs from the tenant's data, and still does after the next start. */
  changes(): DirectoryChange[] {
    return Object.entries(this.collections).flatMap(([collection, records]) =>
      records.summary().map((summary) => ({ collection, ...summary })),
    )
  }

  /** The API that the server is: the first one. */
  get mainApi(): ResourceServer | undefined {
    return this.resourceServers.find(() => true)
  }

  /** The client that has the tokens of personas without a login: the first public one. */
  get publicClient(): Client | undefined {
    return this.clients.find(({ secret }) => secret === undefined)
  }

  api(identifier: string | undefined): ResourceServer | undefined {
    return this.resourceServers.find((api) => api.identifier === identifier)
  }

  /**
   * The audience that a request for a token names. A tenant of Auth0 with the Resource Parameter
   * Compatibility Profile also takes it from `resource` (RFC 8707).
   */
  audienceOf({ audience, resource }: Readonly<Record<string, string | undefined>>) {
    const named = audience ?? resource
    const isKnown = this.api(named) !== undefined || named?.endsWith(MANAGEMENT)
    return this.impliesApi && !isKnown ? this.mainApi?.identifier : named
  }

  /** Ids are case-sensitive, names are not. */
  organization(idOrName: string | undefined): Organization | undefined {
    return this.organizations.find(
      ({ id, name }) => id === idOrName || name === idOrName?.toLowerCase(),
    )
  }

  clientGrant(client: Client, audience: string): ClientGrant | undefined {
    return this.clientGrants.find(
      (grant) => grant.client_id === client.id && grant.audience === audience,
    )
  }

  /** The permissions of an API that a persona has through its roles. */
  permissionsOf(persona: Persona, api: ResourceServer): string[] {
    const roles = [...this.roles].filter(({ name }) => persona.roles.includes(name))
    const permissions = roles
      .flatMap((role) => role.permissions)
      .filter((permission) => permission.api === api.identifier)
      .map(({ name }) => name)
    return [...new Set(permissions)]
  }
}
