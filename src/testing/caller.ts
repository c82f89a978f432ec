import type { TenantData } from '../tenant-data/tenant-data.ts'
import { validateTenantData } from '../tenant-data/validate-tenant-data.ts'

/** Who calls: the members of a principal that a test cares about. */
export interface TestCaller {
  /** `sub`. The default is `test|user`. */
  readonly subject?: string
  /** The claim `permissions`. The default is none. */
  readonly permissions?: readonly string[]
  /** The claim `scope`. The default is none. */
  readonly scopes?: readonly string[]
  /** `org_id`. The server has to know it: see `TestServerOptions`. */
  readonly organization?: string
  /** The claim `azp`. */
  readonly client?: string
  /** The claim `email`. */
  readonly email?: string
  /** Further claims, by their names in the token. They replace those above. */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** The data of a local tenant. Its API may be left out: a test server has its own identifier. */
export type TestTenant = Omit<TenantData, 'api'> & Partial<Pick<TenantData, 'api'>>

/**
 * Checks the data, as the local tenant does.
 *
 * @throws Error that lists all problems
 */
export function validateTestTenant(tenant: TestTenant | undefined): void {
  const api = { identifier: 'test' }
  if (tenant !== undefined) validateTenantData({ api, ...tenant }, 'tenant of the test server')
}

/** The organizations that the server knows. */
export function organizationsOf(tenant: TestTenant | undefined): string[] {
  const organizations: TestTenant['organizations'] = tenant?.organizations ?? [{ id: 'org_acme' }]
  return organizations.filter(({ known }) => known !== false).map(({ id }) => id)
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
  const { roles = [], organizations: [organization] = [] } = persona
  return {
    subject: `local|${name}`,
    permissions: [...new Set(roles.flatMap((role) => tenant.roles?.[role] as readonly string[]))],
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
