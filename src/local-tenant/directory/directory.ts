import { Collection } from './collection.ts'
import type { Client, Connection, Organization, Persona } from './data.ts'
import type { Invitation } from './invitations.ts'
import type { ResourceServer } from './resource-server.ts'

export interface Role {
  readonly id: string
  name: string
  description: string
  /** Names of permissions, by the identifier of their API. */
  readonly permissions: { readonly api: string; readonly name: string }[]
}

/** What a client may have for itself (client credentials). */
export interface ClientGrant {
  readonly id: string
  readonly client_id: string
  /** The identifier of an API, or MANAGEMENT. */
  readonly audience: string
  scope: string[]
}

/** Who and what the tenant knows: its logins, its tokens and its Management API all use this. */
export class Directory {
  readonly resourceServers = new Collection<ResourceServer>(({ id }) => id)
  readonly roles = new Collection<Role>(({ id }) => id)
  readonly personas = new Collection<Persona>(({ name }) => name)
  readonly clients = new Collection<Client>(({ id }) => id)
  readonly clientGrants = new Collection<ClientGrant>(({ id }) => id)
  readonly organizations = new Collection<Organization>(({ id }) => id)
  readonly connections = new Collection<Connection>(({ id }) => id)
  readonly invitations = new Collection<Invitation>(({ id }) => id)

  /** All of them, by name. */
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

  api(identifier: string | undefined): ResourceServer | undefined {
    return this.resourceServers.find((api) => api.identifier === identifier)
  }

  /** The organization that somebody means by its id or its name. */
  organization(idOrName: string | undefined): Organization | undefined {
    return this.organizations.find(
      ({ id, name }) => id === idOrName || name === idOrName?.toLowerCase(),
    )
  }

  grantOf(client: Client, audience: string): ClientGrant | undefined {
    return this.clientGrants.find(
      (grant) => grant.client_id === client.id && grant.audience === audience,
    )
  }

  /** What a person may do at an API, through their roles. */
  permissionsOf(persona: Persona, api: ResourceServer): string[] {
    const held = [...this.roles].filter(({ name }) => persona.roles.includes(name))
    const permissions = held.flatMap(({ permissions }) => permissions)
    return [
      ...new Set(
        permissions
          .filter((one) => one.api === api.identifier)
          .map((permission) => permission.name),
      ),
    ]
  }
}
