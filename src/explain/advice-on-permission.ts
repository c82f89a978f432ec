import type { JsonObject } from '../tokens/jws.ts'

const SWITCHES =
  'In Applications → APIs → (this API) → Settings → RBAC Settings, switch on Enable RBAC and Add Permissions in the Access Token; then log in anew.'

/**
 * Why a permission is missing.
 *
 * @param wanted all that the route asks for
 */
export function permissionAdvice(
  { permissions, scope, sub, gty }: JsonObject,
  wanted: readonly string[],
): string {
  const names = wanted.join(', ')
  if (permissions === undefined) {
    const inScope =
      typeof scope === 'string' && wanted.some((name) => scope.split(' ').includes(name))
    return inScope
      ? `The permission is in scope alone, which says what was asked for; this API reads the permissions claim. ${SWITCHES}`
      : `It has no permissions claim. ${SWITCHES}`
  }
  if (!Array.isArray(permissions) || !permissions.every((name) => typeof name === 'string')) {
    return 'Its permissions claim is no list of texts. The tenant writes it itself: no Action has to.'
  }
  if (gty === 'client-credentials' || (typeof sub === 'string' && sub.endsWith('@clients'))) {
    return `The machine client is not granted ${names}. Grant it in Applications → APIs → (this API) → Machine to Machine Applications.`
  }
  return permissions.length === 0
    ? `The person holds no permission of this API. In User Management → Users → (the person) → Roles, assign a role that has ${names}; then log in anew.`
    : `The person holds permissions, but not ${names}. Add it to a role of theirs in User Management → Roles → (the role) → Permissions; then log in anew.`
}
