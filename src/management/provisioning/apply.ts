import type { Management as Sdk } from 'auth0'
import { assertDefined } from '../../utils/assert-defined.ts'
import type { Management } from '../client/client.ts'
import { managementError } from '../client/errors.ts'
import { KINDS, type Step } from './plan.ts'
import type { TenantState } from './read-state.ts'

/** What a tenant calls the things that a description names. */
export interface Ids {
  readonly roles: Map<string, string>
  readonly clients: Map<string, string>
  readonly organizations: Map<string, string>
}

export interface Application {
  readonly done: readonly Step[]
  readonly failed: readonly { readonly step: Step; readonly error: Error }[]
  /** What was not tried, since something before it failed. */
  readonly remaining: readonly Step[]
}

/** Told of each step as it begins and ends. */
export interface Observer {
  begins(step: Step): void
  ends(step: Step, error?: Error): void
}

export function idsOf({ roles, clients, organizations }: TenantState): Ids {
  const of = (map: ReadonlyMap<string, { id: string }>) =>
    new Map([...map].map(([name, { id }]) => [name, id]))
  const ofClients = [...clients].map(([name, { client_id: id }]) => [name, String(id)] as const)
  return { roles: of(roles), clients: new Map(ofClients), organizations: of(organizations) }
}

/**
 * Does what a plan says, one kind after the other, and the steps of one kind at once. Where a step
 * fails, those of its kind are brought to an end and no others are begun. To go on, plan again.
 *
 * @param ids are added to as things are made
 * @param identifier of the API
 * @throws what is no failure of the Management API
 */
export async function apply(
  management: Management,
  steps: readonly Step[],
  ids: Ids,
  identifier: string,
  observer: Observer,
): Promise<Application> {
  const done: Step[] = []
  const failed: { step: Step; error: Error }[] = []
  let remaining = steps.filter(({ action }) => action !== 'unchanged')
  const writer = new Writer(management, ids, identifier)
  for (const kind of KINDS) {
    if (failed.length > 0) break
    const batch = remaining.filter((step) => step.kind === kind)
    remaining = remaining.filter((step) => step.kind !== kind)
    await Promise.all(
      batch.map(async (step) => {
        observer.begins(step)
        const error = await failureOf(writer.write(step))
        if (error === undefined) done.push(step)
        else failed.push({ step, error })
        observer.ends(step, error)
      }),
    )
  }
  return { done, failed, remaining }
}

async function failureOf(work: Promise<void>): Promise<Error | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    return managementError(error) as Error
  }
}

/** Sends each step in the vendor's words. */
class Writer {
  readonly #management: Management
  readonly #ids: Ids
  readonly #identifier: string

  constructor(management: Management, ids: Ids, identifier: string) {
    this.#management = management
    this.#ids = ids
    this.#identifier = identifier
  }

  async write(step: Step): Promise<void> {
    const { resourceServers, roles, clients, clientGrants, organizations } = this.#management
    const ids = this.#ids
    const identifier = this.#identifier
    switch (step.kind) {
      case 'API': {
        const fields = step.fields as Sdk.UpdateResourceServerRequestContent
        if (step.id === undefined) await resourceServers.create({ identifier, ...fields })
        else await resourceServers.update(step.id, fields)
        return
      }
      case 'role': {
        const { id } = await roles.create({ name: step.name })
        ids.roles.set(step.name, assertDefined(id, 'id'))
        return
      }
      case 'permission':
        return roles.permissions.add(assertDefined(ids.roles.get(step.role), 'role id'), {
          permissions: step.permissions.map((permission_name) => ({
            resource_server_identifier: identifier,
            permission_name,
          })),
        })
      case 'client': {
        if (step.id !== undefined) {
          await clients.update(step.id, step.fields as Sdk.UpdateClientRequestContent)
          return
        }
        const { client_id: id } = await clients.create(
          step.fields as unknown as Sdk.CreateClientRequestContent,
        )
        ids.clients.set(step.name, assertDefined(id, 'id'))
        return
      }
      case 'grant': {
        const scope = [...step.scope]
        const client_id = assertDefined(ids.clients.get(step.name), 'client id')
        if (step.id !== undefined) await clientGrants.update(step.id, { scope })
        else await clientGrants.create({ client_id, audience: identifier, scope })
        return
      }
      case 'organization': {
        if (step.id !== undefined) {
          await organizations.update(step.id, step.fields)
          return
        }
        const { id } = await organizations.create({ name: step.name, ...step.fields })
        ids.organizations.set(step.name, assertDefined(id, 'id'))
        return
      }
      case 'connection': {
        const id = assertDefined(ids.organizations.get(step.organization), 'organization id')
        await organizations.enabledConnections.add(id, {
          connection_id: step.connection,
          assign_membership_on_login: false,
        })
        return
      }
      case 'assignment':
        return roles.users.assign(assertDefined(ids.roles.get(step.role), 'role id'), {
          users: [step.user],
        })
    }
  }
}
