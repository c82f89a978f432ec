/** The organizations that an API knows, and when a token has to carry one of them. */
export interface Organizations {
  /** The ids (`org_…`) that tokens may carry, compared exactly. */
  readonly known: ReadonlySet<string>
  /** Whether a token without organization is refused. */
  readonly required: boolean
  /** The domain whose subdomains stand for organizations, if there is one. */
  readonly domain: string | undefined
  /** The id of the organization that a subdomain stands for: what precedes the domain. */
  readonly bySubdomain: ReadonlyMap<string, string>
}

export type OrganizationErrorCode =
  | 'organization_missing'
  | 'organization_unknown'
  | 'organization_not_admitted'

/**
 * Judges the organization of a token: unknown ones are refused everywhere, since a claim that
 * cannot be validated makes the token invalid; a route or a subdomain may ask for certain ones.
 *
 * @param organization `org_id` of the token
 * @param wanted the organizations that the route is content with, if it asks for any
 * @param host the host that the request is for, without the port
 */
export function judgeOrganization(
  organization: string | undefined,
  wanted: readonly string[] | undefined,
  organizations: Organizations,
  host: string,
): OrganizationErrorCode | undefined {
  const subdomain = subdomainOf(host, organizations.domain)
  if (organization === undefined) {
    const asked = organizations.required || wanted !== undefined || subdomain !== undefined
    return asked ? 'organization_missing' : undefined
  }
  if (!organizations.known.has(organization)) return 'organization_unknown'
  if (wanted !== undefined && !wanted.includes(organization)) return 'organization_not_admitted'
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
