/** Who calls: the members of a principal that a test cares about. */
export interface TestCaller {
  /** `sub`. The default is `test|user`. */
  readonly subject?: string
  readonly permissions?: readonly string[]
  readonly scopes?: readonly string[]
  /** `org_id`. The server has to know it: see `TestServerOptions`. */
  readonly organization?: string
  readonly client?: string
  readonly email?: string
  /** Further claims, by their names in the token. They replace those above. */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** The part of a local tenant's data that decides what is in a persona's token. */
export interface TestTenant {
  readonly roles: Readonly<Record<string, readonly string[]>>
  readonly personas: readonly {
    readonly name: string
    readonly email: string
    readonly roles: readonly string[]
    readonly organizations: readonly string[]
  }[]
  readonly organizations?: readonly { readonly id: string; readonly known: boolean }[]
}

/** The organizations that the server knows. */
export function organizationsOf(tenant: TestTenant | undefined): string[] {
  const { organizations = [{ id: 'org_acme', known: true }] } = tenant ?? {}
  return organizations.filter(({ known }) => known).map(({ id }) => id)
}

/**
 * The caller that a persona is: with the permissions of its roles and its first organization, as in
 * tokens of the local tenant.
 *
 * @throws Error with the names of all personas
 */
export function personaOf(tenant: TestTenant | undefined, name: string): TestCaller {
  const personas = tenant?.personas ?? []
  const persona = personas.find((candidate) => candidate.name === name)
  if (tenant === undefined || persona === undefined) {
    const names = personas.map((known) => known.name).join(', ') || 'none, without a tenant'
    throw new Error(`Unknown persona '${name}'. Available: ${names}.`)
  }
  const [organization] = persona.organizations
  return {
    subject: `local|${name}`,
    permissions: persona.roles.flatMap((role) => tenant.roles[role] ?? []),
    ...(organization !== undefined && { organization }),
  }
}

/** The claims of a caller. */
export function claimsOf({ subject = 'test|user', claims, ...caller }: TestCaller) {
  const { permissions = [], scopes, organization, client, email } = caller
  return {
    sub: subject,
    permissions,
    ...(scopes !== undefined && { scope: scopes.join(' ') }),
    ...(organization !== undefined && { org_id: organization }),
    ...(client !== undefined && { azp: client }),
    ...(email !== undefined && { email }),
    ...claims,
  }
}
