import { scopeOf } from '../../../access/policy.ts'
import type { Directory } from '../../directory/directory.ts'
import type { DirectoryFile } from '../../directory/directory-file.ts'
import type { Role } from '../../directory/records.ts'
import type { ResourceServer } from '../../directory/resource-server.ts'
import type { ConsoleApi } from '../console-api.ts'

/** What the names of permissions consist of: a scope token (RFC 6749 §3.3), as long as at Auth0. */
export const PERMISSION_NAME = /^[\x21\x23-\x5b\x5d-\x7e]{1,280}$/

/** The id of the form for a new role. */
export const NEW_ROLE = 'new-role'

/** It has the permissions as check boxes: the name of each begins with this. */
export const BOX = 'permission '

/** The routes of the running API that require a permission, by its name. */
export function routesByPermission(api: ConsoleApi | undefined): Map<string, string[]> {
  const routes = new Map<string, string[]>()
  for (const [route, policy] of api?.policies ?? []) {
    for (const name of policy === 'public' ? [] : scopeOf(policy)) {
      routes.set(name, [...(routes.get(name) ?? []), route])
    }
  }
  return routes
}

/** The permissions of a role at an API. */
export function permissionsIn(role: Role, { identifier }: ResourceServer): string[] {
  return role.permissions.filter(({ api }) => api === identifier).map(({ name }) => name)
}

/** Gives a role a permission. The API defines it from then on, if it did not before. */
export function addPermission(
  { resourceServers, roles }: Directory,
  role: Role,
  api: ResourceServer,
  name: string,
): void {
  if (!api.scopes.some(({ value }) => value === name)) {
    api.scopes = [...api.scopes, { value: name }]
    resourceServers.persist(api)
  }
  if (!permissionsIn(role, api).includes(name)) {
    role.permissions.push({ api: api.identifier, name })
  }
  roles.persist(role)
}

/** What the forms of people and roles change. */
export interface RoleFormOptions {
  readonly directory: Directory
  readonly file: DirectoryFile
}
