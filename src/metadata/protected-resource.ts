import { type AccessPolicy, scopeOf } from '../access/policy.ts'

/** The metadata of a protected resource (RFC 9728 §2), without the members that do not apply. */
export interface ProtectedResourceMetadata {
  readonly resource: string
  readonly authorization_servers: readonly string[]
  readonly bearer_methods_supported: readonly string[]
  readonly resource_name: string
  readonly scopes_supported?: readonly string[]
  readonly resource_documentation?: string
  readonly dpop_signing_alg_values_supported?: readonly string[]
  readonly dpop_bound_access_tokens_required?: true
}

export interface ResourceDescription {
  /** The URL at which clients reach the server, without a slash at the end. */
  readonly publicUrl: string
  /** The identifier that clients send to the tenant as `resource`. */
  readonly identifier: string
  /** The issuers of its tokens, as in the claim `iss`: clients compare texts (RFC 8414 §3.3). */
  readonly issuers: readonly string[]
  /** The title of the API. */
  readonly name: string
  /** The path of the documentation for people, if the server has it. */
  readonly documentation?: string | undefined
  /** Undefined if bound tokens are rejected. */
  readonly dpop?: { readonly required: boolean; readonly algorithms: readonly string[] } | undefined
}

/** @param policies those of the product's routes */
export function protectedResource(
  { publicUrl, identifier, issuers, name, documentation, dpop }: ResourceDescription,
  policies: Iterable<AccessPolicy>,
): ProtectedResourceMetadata {
  const scopes = [...policies].flatMap((policy) => (policy === 'public' ? [] : scopeOf(policy)))
  return {
    resource: identifier,
    authorization_servers: issuers,
    bearer_methods_supported: ['header'],
    resource_name: name,
    ...(scopes.length > 0 && { scopes_supported: [...new Set(scopes)].sort() }),
    ...(documentation !== undefined && { resource_documentation: publicUrl + documentation }),
    ...(dpop && { dpop_signing_alg_values_supported: dpop.algorithms }),
    ...(dpop?.required && { dpop_bound_access_tokens_required: true }),
  }
}
