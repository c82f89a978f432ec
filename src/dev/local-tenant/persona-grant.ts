import { randomUUID } from 'node:crypto'
import type { Directory } from './directory.ts'
import { OAuthError } from './oauth-error.ts'
import type { Parameters } from './parameters.ts'
import type { TokenResponse, Tokens } from './tokens.ts'

/** An extension grant (RFC 6749 §4.5) that no real tenant has: a persona's token without a login. */
export const PERSONA_GRANT = 'urn:local-tenant:grant-type:persona'

/**
 * The tokens of a persona for the first API and through the first public client that there are.
 *
 * @throws OAuthError `invalid_grant`
 */
export async function personaGrant(
  { personas, resourceServers, clients, organizations }: Directory,
  tokens: Tokens,
  { persona: name }: Parameters,
): Promise<TokenResponse> {
  const persona = personas.get(name)
  if (persona === undefined) {
    const names = [...personas].map((known) => known.name).join(', ')
    throw new OAuthError('invalid_grant', `There is no such persona. There are: ${names}.`)
  }
  const api = resourceServers.find(() => true)
  const client = clients.find(({ secret }) => secret === undefined)
  if (api === undefined || client === undefined) {
    throw new OAuthError('invalid_grant', 'There is no API yet, or no public client: make both.')
  }
  return tokens.forGrant({
    client,
    persona,
    organization: organizations.get(persona.organizations[0]),
    audience: api.identifier,
    scope: ['openid', 'profile', 'email'],
    nonce: undefined,
    authTime: Math.floor(Date.now() / 1000),
    sid: randomUUID(),
    revoked: false,
  })
}
