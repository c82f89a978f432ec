import type { Organizations } from '../access/organizations.ts'
import type { Requirements } from '../access/policy.ts'
import type { JsonObject } from '../tokens/jws.ts'

/** Why the token has no `org_id`. */
export function organizationMissingAdvice(
  { org_name }: JsonObject,
  {
    organizations,
    requirements,
  }: { readonly organizations: Organizations; readonly requirements: Requirements },
): string {
  if (org_name !== undefined) {
    return 'It has the name of an organization (org_name), but no org_id. Names can change, so this API compares ids. The tenant writes both claims: check whether an Action or a proxy changes the token.'
  }
  const login =
    'Log in to an organization (organization=org_…; the client must allow it under Organizations)'
  return organizations.required && requirements.organizations === undefined
    ? `The user logged in without an organization, and this API requires one. ${login}, or set ORGANIZATION_REQUIRED=false.`
    : `The user logged in without an organization, and this route or subdomain requires one. ${login}.`
}

/** Why `org_id` is not a known organization. */
export function organizationUnknownAdvice(
  { org_id }: JsonObject,
  { known }: Organizations,
): string {
  if (typeof org_id !== 'string' || !org_id.startsWith('org_')) {
    return 'Its org_id is not an id (org_…) but a name, and this API compares ids. Check what an Action writes to this claim.'
  }
  return known.size === 0
    ? 'This API knows no organization, so it rejects tokens with one. Add the id to AUTH0_ORGANIZATIONS (it is in the dashboard under Organizations), or log in without an organization.'
    : 'This API does not know its organization. Add the id to AUTH0_ORGANIZATIONS (it is in the dashboard under Organizations), or log in to a known organization.'
}
