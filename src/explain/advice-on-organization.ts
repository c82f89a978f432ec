import type { Organizations } from '../access/organizations.ts'
import type { Requirements } from '../access/policy.ts'
import type { JsonObject } from '../tokens/jws.ts'

/** Why there is no `org_id`. */
export function organizationMissingAdvice(
  { org_name }: JsonObject,
  {
    organizations,
    requirements,
  }: { readonly organizations: Organizations; readonly requirements: Requirements },
): string {
  if (org_name !== undefined) {
    return 'It carries the name of an organization (org_name), and no org_id: names can change, so ids are compared. The tenant writes both; see what an Action or a proxy does to the token.'
  }
  const login =
    'Log in to an organization (organization=org_…, and the client has to allow it under Organizations)'
  return organizations.required && requirements.organizations === undefined
    ? `The person logged in without an organization, and this API asks for one. ${login}, or set ORGANIZATION_REQUIRED=false.`
    : `The person logged in without an organization, and this route or subdomain is for one. ${login}.`
}

/** Why `org_id` is none of ours. */
export function organizationUnknownAdvice(
  { org_id }: JsonObject,
  { known }: Organizations,
): string {
  if (typeof org_id !== 'string' || !org_id.startsWith('org_')) {
    return 'Its org_id is no id (org_…) but a name, and ids are compared. See what an Action writes there.'
  }
  return known.size === 0
    ? 'This API knows no organization, so a token of one is not good here. Name it in AUTH0_ORGANIZATIONS (the id is in the dashboard under Organizations), or log in without one.'
    : 'This API does not know its organization. Add the id to AUTH0_ORGANIZATIONS (it is in the dashboard under Organizations), or log in to one that is there.'
}
