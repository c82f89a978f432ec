import {
  type AccessPolicy,
  holdsPermissions,
  holdsScopes,
  type Requirements,
} from '../access/policy.ts'
import { requiresStepUp } from '../access/step-up.ts'
import { PLAIN_GET } from '../local-tenant/console/console-api.ts'
import type { Directory } from '../local-tenant/directory/directory.ts'
import type { Organization, Persona } from '../local-tenant/directory/records.ts'
import type { LocalTenant } from '../local-tenant/local-tenant.ts'
import { createPersonaGrant } from '../local-tenant/protocol/tokens/persona-grant.ts'
import { PROVIDERS } from '../local-tenant/providers/providers.ts'
import { assertDefined } from '../utils/assert-defined.ts'

/** The tenant whose personas call. */
export type SuggestedTenant = Pick<LocalTenant, 'provider' | 'directory'>

/** What can be called without further knowledge of the API. */
export interface SuggestedCalls {
  /** The path of a GET route that needs no token; undefined if there is none. */
  readonly publicPath: string | undefined
  /** The path of a GET route that needs a token, and a persona that it allows. */
  readonly protectedCall: { readonly path: string; readonly persona: Persona } | undefined
}

/** Longer paths do not fit a line of the greeting. */
const MAX_PATH_LENGTH = 50

/**
 * Chooses the calls that show the most: of the routes that need a token, the one that the fewest personas
 * may call.
 */
export function suggestCalls(
  routes: ReadonlyMap<string, AccessPolicy>,
  tenant: SuggestedTenant,
): SuggestedCalls {
  const plain = [...routes].filter(
    ([path]) => PLAIN_GET.test(path) && path.length <= MAX_PATH_LENGTH,
  )
  const personas = [...tenant.directory.personas]
  const calls = plain.flatMap(([path, policy]) => {
    if (isPublic(policy)) return []
    const allowed = personas.filter((persona) => isAllowed(persona, policy, tenant))
    const [persona] = allowed
    return persona === undefined ? [] : [{ path, persona, count: allowed.length }]
  })
  const lowest = Math.min(...calls.map(({ count }) => count))
  return {
    publicPath: plain.find(([, policy]) => isPublic(policy))?.[0],
    protectedCall: calls.find(({ count }) => count === lowest),
  }
}

function isPublic(policy: AccessPolicy): policy is 'public' | (Requirements & { optional: true }) {
  return policy === 'public' || policy.optional === true
}

/** Whether a route allows a persona, as far as its policy says. */
function isAllowed(persona: Persona, policy: Requirements, tenant: SuggestedTenant): boolean {
  const { directory, provider } = tenant
  const { scope: scopes } = createPersonaGrant(directory, persona)
  const organization = organizationOf(persona, tenant)
  const { organization: member } = PROVIDERS[provider]
  // A bound token needs a proof for each request, which curl does not make. The token has no second factor.
  if (policy.bound || requiresStepUp(policy) || organization?.known === false) return false
  const { organizations } = policy
  const name = member && organization?.[member]
  if (organizations !== undefined && !organizations.includes(String(name))) return false
  const permissions = permissionsOf(persona, directory)
  return holdsPermissions({ permissions }, policy) && holdsScopes({ scopes }, policy)
}

/** The organization in the tokens of a persona. Some providers put none into tokens. */
export function organizationOf(
  { organizations: [first] }: Persona,
  { directory, provider }: SuggestedTenant,
): Organization | undefined {
  const isInTokens = PROVIDERS[provider].organization !== undefined
  return isInTokens ? directory.organizations.get(first) : undefined
}

/** The permissions of a persona at the API that the server is. */
export function permissionsOf(persona: Persona, directory: Directory): string[] {
  return directory.permissionsOf(persona, apiOf(directory))
}

/** The API that the server is. In development, there is one. */
export function apiOf({ mainApi }: Directory) {
  return assertDefined(mainApi, 'API')
}
