import type { Management as Sdk } from 'auth0'
import { assertDefined } from '../../utils/assert-defined.ts'
import type { ManagementClient } from '../client/client.ts'
import { toManagementError } from '../client/errors.ts'
import { STEP_KINDS, type Step } from './plan.ts'
import type { TenantState } from './read-state.ts'

/** The tenant's ids of the resources, by their names in the description. */
export interface ResourceIds {
  readonly roles: Map<string, string>
  readonly clients: Map<string, string>
  readonly organizations: Map<string, string>
}

export interface ApplyResult {
  readonly done: readonly Step[]
  readonly failed: readonly { readonly step: Step; readonly error: Error }[]
  /** Steps that were not started, because another step failed. */
  readonly remaining: readonly Step[]
}

/** Callbacks for the progress of each step. */
export interface StepObserver {
  started(step: Step): void
  finished(step: Step, error?: Error): void
}

export function resourceIdsOf({ roles, clients, organizations }: TenantState): ResourceIds {
  const idsByName = (resources: ReadonlyMap<string, { id: string }>) =>
    new Map([...resources].map(([name, { id }]) => [name, id]))
  const clientIds = [...clients].map(([name, { client_id: id }]) => [name, String(id)] as const)
  return {
    roles: idsByName(roles),
    clients: new Map(clientIds),
    organizations: idsByName(organizations),
  }
}

/**
 * Applies a plan, one kind of resource after another. The steps of one kind run concurrently. If a
 * step fails, the other steps of its kind finish, and no further kind is started. To continue, make
 * a new plan and apply it.
 *
 * @param ids the ids of created resources are added
 * @param identifier the identifier of the API
 */
export async function apply(
  management: ManagementClient,
  steps: readonly Step[],
  ids: ResourceIds,
  identifier: string,
  observer: StepObserver,
): Promise<ApplyResult> {
  const done: Step[] = []
  const failed: { step: Step; error: Error }[] = []
  let remaining = steps.filter(({ action }) => action !== 'unchanged')
  const executor = new StepExecutor(management, ids, identifier)
  for (const kind of STEP_KINDS) {
    if (failed.length > 0) break
    const batch = remaining.filter((step) => step.kind === kind)
    remaining = remaining.filter((step) => step.kind !== kind)
    await Promise.all(
      batch.map(async (step) => {
        observer.started(step)
        const error = await errorOf(executor.execute(step))
        if (error === undefined) done.push(step)
        else failed.push({ step, error })
        observer.finished(step, error)
      }),
    )
  }
  return { done, failed, remaining }
}

async function errorOf(task: Promise<void>): Promise<Error | undefined> {
  try {
    await task
    return undefined
  } catch (error) {
    return toManagementError(error) as Error
  }
}

/** Sends the requests of a step. */
class StepExecutor {
  readonly #management: ManagementClient
  readonly #ids: ResourceIds
  readonly #identifier: string

  constructor(management: ManagementClient, ids: ResourceIds, identifier: string) {
    this.#management = management
    this.#ids = ids
    this.#identifier = identifier
  }

  async execute(step: Step): Promise<void> {
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
