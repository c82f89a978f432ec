/** The organizations that an API knows, and whether a token must carry one of them. */
export interface Organizations {
  /** The ids (`org_…`) that tokens may carry, compared exactly. */
  readonly known: ReadonlySet<string>
  /** Whether a token without an organization is rejected. */
  readonly required: boolean
  /** The domain whose subdomains are organizations, if there is one. */
  readonly domain: string | undefined
  /** The id of the organization of each subdomain, which is the part before the domain. */
  readonly bySubdomain: ReadonlyMap<string, string>
}

export type OrganizationErrorCode =
  | 'organization_missing'
  | 'organization_unknown'
  | 'organization_not_admitted'

/**
 * Checks the organization of a token. An unknown one is rejected everywhere, since a claim that cannot
 * be validated makes the token invalid. A route or a subdomain may require certain ones.
 *
 * @param organization `org_id` of the token
 * @param accepted the organizations that the route accepts, if it requires any
 * @param host the host that the request is for, without the port
 */
export function checkOrganization(
  organization: string | undefined,
  accepted: readonly string[] | undefined,
  organizations: Organizations,
  host: string,
): OrganizationErrorCode | undefined {
  const subdomain = subdomainOf(host, organizations.domain)
  if (organization === undefined) {
    const isRequired = organizations.required || accepted !== undefined || subdomain !== undefined
    return isRequired ? 'organization_missing' : undefined
  }
  if (!organizations.known.has(organization)) return 'organization_unknown'
  if (accepted !== undefined && !accepted.includes(organization)) return 'organization_not_admitted'
  if (subdomain !== undefined && organizations.bySubdomain.get(subdomain) !== organization) {
    return 'organization_not_admitted'
  }
  return undefined
}

/** The labels before the domain, or undefined for the bare domain and for unrelated hosts. */
function subdomainOf(host: string, domain: string | undefined): string | undefined {
  if (domain === undefined) return undefined
  const name = host.toLowerCase().replace(/\.$/, '')
  return name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1) : undefined
}
