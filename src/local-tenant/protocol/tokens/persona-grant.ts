import { randomUUID } from 'node:crypto'
import type { Persona } from '../../directory/data.ts'
import type { Directory } from '../../directory/directory.ts'
import { OAuthError } from '../oauth-error.ts'
import type { Grant } from './grants.ts'

/** An extension grant (RFC 6749 §4.5) that no real tenant has: a persona's token without a login. */
export const PERSONA_GRANT = 'urn:local-tenant:grant-type:persona'

/** @throws OAuthError `invalid_grant` that names those there are */
export function personaNamed({ personas }: Directory, name: string | undefined): Persona {
  const persona = personas.get(name)
  if (persona !== undefined) return persona
  const names = [...personas].map((known) => known.name).join(', ')
  throw new OAuthError('invalid_grant', `There is no such persona. There are: ${names}.`)
}

/**
 * What a persona would grant the first public client in a login, for the first API.
 *
 * @param organization the id of one of its organizations; the first one where none is given
 * @throws OAuthError `invalid_grant` where there is no API or no such client yet
 */
export function personaGrant(
  { resourceServers, clients, organizations }: Directory,
  persona: Persona,
  organization = persona.organizations[0],
): Grant {
  const api = resourceServers.find(() => true)
  const client = clients.find(({ secret }) => secret === undefined)
  if (api === undefined || client === undefined) {
    throw new OAuthError('invalid_grant', 'There is no API yet, or no public client: make both.')
  }
  return {
    client,
    persona,
    organization: organizations.get(organization),
    audience: api.identifier,
    scope: ['openid', 'profile', 'email'],
    nonce: undefined,
    authTime: Math.floor(Date.now() / 1000),
    sid: randomUUID(),
    revoked: false,
  }
}
