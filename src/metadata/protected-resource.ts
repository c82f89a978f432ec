import { type AccessPolicy, scopeOf } from '../access/policy.ts'

/** The metadata of a protected resource (RFC 9728 §2), without the members that do not apply. */
export interface ProtectedResourceMetadata {
  readonly resource: string
  readonly authorization_servers: readonly string[]
  readonly bearer_methods_supported: readonly string[]
  readonly resource_name: string
  readonly scopes_supported?: readonly string[]
  readonly resource_documentation?: string
}

export interface ResourceDescription {
  /** The URL at which clients reach the server, without a slash at the end. */
  readonly publicUrl: string
  /** The identifier that clients send to the tenant as `resource`; the default is the URL. */
  readonly identifier?: string | undefined
  /** The issuers of its tokens, as in the claim `iss`: clients compare texts (RFC 8414 §3.3). */
  readonly issuers: readonly string[]
  /** The title of the API. */
  readonly name: string
  /** The path of the documentation for people, if the server has it. */
  readonly documentation?: string | undefined
}

/** @param policies those of the product's routes */
export function protectedResource(
  { publicUrl, identifier = publicUrl, issuers, name, documentation }: ResourceDescription,
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
  }
}

/**
 * Where clients look for the metadata: the well-known path is between the host and the path of the
 * identifier (RFC 9728 §3.1). If the identifier is at another host, they find the document by the
 * challenge alone, and it is at the public URL.
 */
export function metadataUrl({
  publicUrl,
  identifier = publicUrl,
}: Pick<ResourceDescription, 'publicUrl' | 'identifier'>): URL {
  const { origin } = new URL(publicUrl)
  const isHere = URL.canParse(identifier) && new URL(identifier).origin === origin
  const { pathname } = new URL(isHere ? identifier : publicUrl)
  return new URL(`/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`, origin)
}
