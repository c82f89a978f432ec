import type { Organization, Persona } from './records.ts'

/**
 * Checks that the roles and organizations of each persona exist. The types of data.ts cannot.
 *
 * @throws Error that lists all unknown names
 */
export function validateData(
  personas: readonly Persona[],
  roles: Readonly<Record<string, unknown>>,
  organizations: readonly Organization[],
): void {
  const danglingReferences = personas.flatMap((persona) => [
    ...persona.roles
      .filter((role) => !Object.hasOwn(roles, role))
      .map((role) => `${persona.name} has the undefined role ${role}`),
    ...persona.organizations
      .filter((membership) => !organizations.some(({ id }) => id === membership))
      .map((membership) => `${persona.name} is a member of the undefined ${membership}`),
  ])
  if (danglingReferences.length > 0) {
    throw new Error(`Invalid src/local-tenant/directory/data.ts: ${danglingReferences.join(', ')}.`)
  }
}
