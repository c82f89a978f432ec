import { SignJWT } from 'jose'
import { must } from '../../must.ts'
import { api, type Client, organizations, type Persona, roles } from './data.ts'
import type { SigningKey } from './signing-key.ts'

/** Signs access tokens for the API, with the claims that a real tenant gives them. */
export interface AccessTokens {
  /** The token of a person who logged in through the browser client. */
  forPersona(persona: Persona): Promise<string>
  /** The token of a client that speaks for itself. */
  forClient(client: Client): Promise<string>
}

export function accessTokens(issuer: () => string, key: SigningKey): AccessTokens {
  function sign(claims: Record<string, unknown>): Promise<string> {
    const iat = Math.floor(Date.now() / 1000)
    return new SignJWT({ iss: issuer(), ...claims, iat, exp: iat + api.tokenLifetime })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid })
      .sign(key.privateJwk)
  }

  return {
    forPersona(persona) {
      return sign({
        sub: subjectOf(persona),
        aud: [api.identifier, `${issuer()}userinfo`],
        azp: 'messages-spa',
        scope: 'openid profile email',
        permissions: permissionsOf(persona),
        ...organizationClaims(persona.organizations[0]),
      })
    },
    forClient({ id, granted = [] }) {
      return sign({
        sub: `${id}@clients`,
        aud: api.identifier,
        azp: id,
        scope: granted.join(' '),
        permissions: granted,
        gty: 'client-credentials',
      })
    },
  }
}

export function subjectOf({ name }: Persona): string {
  return `local|${name}`
}

export function permissionsOf(persona: Persona): string[] {
  return [...new Set(persona.roles.flatMap((role) => must(roles[role])))]
}

function organizationClaims(id: string | undefined) {
  const organization = organizations.find((candidate) => candidate.id === id)
  return organization && { org_id: organization.id, org_name: organization.name }
}
