import { randomUUID } from 'node:crypto'
import { must } from '../../must.ts'
import { api, clients, type Persona } from './data.ts'
import type { Grant } from './grants.ts'
import { organizationBy } from './tokens.ts'

/**
 * What a persona would grant the browser client in a login.
 *
 * @param organization the id of one of its organizations; the first one where none is given
 */
export function personaGrant(persona: Persona, organization = persona.organizations[0]): Grant {
  return {
    client: must(clients[0]),
    persona,
    organization: organization === undefined ? undefined : organizationBy(organization),
    audience: api.identifier,
    scope: ['openid', 'profile', 'email'],
    nonce: undefined,
    authTime: Math.floor(Date.now() / 1000),
    sid: randomUUID(),
    revoked: false,
  }
}
