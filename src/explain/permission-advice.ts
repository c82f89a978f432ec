import type { JsonObject } from '../tokens/jws.ts'

const RBAC_SETTINGS =
  'In Applications → APIs → (this API) → Settings → RBAC Settings, switch on Enable RBAC and Add Permissions in the Access Token; then log in again.'

/**
 * Why a permission is missing.
 *
 * @param wanted all permissions that the route requires
 */
export function permissionAdvice(claims: JsonObject, wanted: readonly string[]): string {
  const { permissions, scope } = claims
  const names = wanted.join(', ')
  if (permissions === undefined) {
    const isInScope =
      typeof scope === 'string' && wanted.some((name) => scope.split(' ').includes(name))
    return isInScope
      ? `The permission is only in the scope claim, which lists what the client requested; this API reads the permissions claim. ${RBAC_SETTINGS}`
      : `It has no permissions claim. ${RBAC_SETTINGS}`
  }
  if (!Array.isArray(permissions) || !permissions.every((name) => typeof name === 'string')) {
    return 'Its permissions claim is not an array of strings. The tenant writes this claim, and no Action should.'
  }
  if (isMachine(claims)) {
    return `The machine-to-machine client does not have ${names}. Grant it in Applications → APIs → (this API) → Machine to Machine Applications.`
  }
  return permissions.length === 0
    ? `The user has no permission of this API. In User Management → Users → (the user) → Roles, assign a role that has ${names}; then log in again.`
    : `The user has permissions, but not ${names}. Add it to a role of the user in User Management → Roles → (the role) → Permissions; then log in again.`
}

/** Whether it is a token of a client for itself (client credentials), as Auth0 issues it. */
export function isMachine({ gty, sub }: JsonObject): boolean {
  return gty === 'client-credentials' || (typeof sub === 'string' && sub.endsWith('@clients'))
}
