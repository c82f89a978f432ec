import { randomUUID } from 'node:crypto'
import type { Directory } from '../../directory/directory.ts'
import type { Persona } from '../../directory/records.ts'
import { acrFor } from '../authentication-claims.ts'
import { OAuthError } from '../oauth-error.ts'
import type { Parameters } from '../parameters.ts'
import type { Grant } from './grants.ts'

/** @throws OAuthError `invalid_grant` with the names of all personas */
export function requirePersona({ personas }: Directory, name: string | undefined): Persona {
  const persona = personas.get(name)
  if (persona !== undefined) return persona
  const names = [...personas].map((known) => known.name).join(', ')
  throw new OAuthError('invalid_grant', `Unknown persona. Available: ${names}.`)
}

/**
 * The organization in a form about a persona; undefined if it has none.
 *
 * @throws OAuthError `invalid_request` if the persona is not a member
 */
export function parseOrganization(
  { organization }: Parameters,
  { organizations }: Persona,
): string | undefined {
  if (!organization) return undefined
  if (organizations.includes(organization)) return organization
  throw new OAuthError('invalid_request', 'The persona is not a member of the organization.')
}

/**
 * Creates the grant of a persona without a login, for the first public client and the first API.
 *
 * @param organization the id of one of its organizations; the default is the first one
 * @throws OAuthError `invalid_grant` if there is no API or no public client
 */
export function createPersonaGrant(
  { mainApi: api, publicClient: client, organizations }: Directory,
  persona: Persona,
  organization = persona.organizations[0],
): Grant {
  if (api === undefined || client === undefined) {
    throw new OAuthError('invalid_grant', 'The tenant needs an API and a public client for this.')
  }
  return {
    client,
    persona,
    organization: organizations.get(organization),
    audience: api.identifier,
    scope: ['openid', 'profile', 'email'],
    nonce: undefined,
    authTime: Math.floor(Date.now() / 1000),
    acr: undefined,
    isChallenged: false,
    sid: randomUUID(),
    revoked: false,
  }
}

/**
 * A grant as after a login with the second factor.
 *
 * @throws OAuthError `unmet_authentication_requirements` if the persona has none
 */
export function withSecondFactor(grant: Grant, directory: Directory): Grant {
  const acr = acrFor(grant.persona, directory)
  if (acr instanceof OAuthError) throw acr
  return { ...grant, acr, isChallenged: true }
}
