/**
 * Where clients look for the metadata of a protected resource: the well-known path is between the host and
 * the path of its identifier (RFC 9728 §3.1). If the identifier is at another host, they find the document
 * by the challenge alone, and it is at the public URL.
 *
 * @param publicUrl the URL at which clients reach the server
 * @param identifier what the metadata names
 */
export function metadataUrl(publicUrl: string, identifier: string): URL {
  const { origin } = new URL(publicUrl)
  const isHere = new URL(identifier).origin === origin
  const { pathname } = new URL(isHere ? identifier : publicUrl)
  return new URL(`/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`, origin)
}
