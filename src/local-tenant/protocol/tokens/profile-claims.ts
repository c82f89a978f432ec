import type { Organization, Persona } from '../../directory/records.ts'

/** The claim `sub` of a persona. */
export function subjectOf({ name }: Persona): string {
  return `local|${name}`
}

/** The claims about a persona that a scope includes (OpenID Connect Core §5.4), and its further claims. */
export function profileClaims(persona: Persona, scope: readonly string[]) {
  const { displayName, email, name, picture, emailVerified = true } = persona
  return {
    ...persona.claims,
    sub: subjectOf(persona),
    ...(scope.includes('profile') && {
      name: displayName,
      nickname: name,
      ...(picture !== undefined && { picture }),
    }),
    ...(scope.includes('email') && { email, email_verified: emailVerified }),
  }
}

export function organizationClaims(organization: Organization | undefined) {
  return organization && { org_id: organization.id, org_name: organization.name }
}
