import type { Organization, Persona } from './data.ts'

/**
 * Finds slips in the data file where its types cannot: names that nothing goes by.
 *
 * @throws Error with all of them
 */
export function checkData(
  personas: readonly Persona[],
  roles: Readonly<Record<string, unknown>>,
  organizations: readonly Organization[],
): void {
  const slips = personas.flatMap(({ name, roles: held, organizations: memberships }) => [
    ...held
      .filter((role) => !Object.hasOwn(roles, role))
      .map((role) => `${name} has the role ${role}`),
    ...memberships
      .filter((membership) => !organizations.some(({ id }) => id === membership))
      .map((membership) => `${name} is a member of ${membership}`),
  ])
  if (slips.length > 0) {
    throw new Error(`data.ts of the local tenant: ${slips.join(', ')}, which it does not define.`)
  }
}
