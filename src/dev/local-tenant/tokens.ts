import { must } from '../../must.ts'
import { api, type Client, type Organization, organizations, type Persona, roles } from './data.ts'
import type { Grant, Grants } from './grants.ts'
import type { SigningKeys } from './signing-keys.ts'

/** How long an ID token lasts, in seconds. */
const ID_TOKEN_LIFETIME = 10 * 60 * 60

/** What is wrong with a token: it expired, is for another API, or is signed by a stranger. */
export type Flaw = 'expired' | 'audience' | 'forged'

/** What the tenant answers at the token endpoint (RFC 6749 §5.1). */
export interface TokenResponse {
  readonly access_token: string
  readonly id_token?: string
  readonly refresh_token?: string
  readonly scope?: string
  readonly token_type: 'Bearer'
  readonly expires_in: number
}

/** Signs tokens with the claims that a real tenant gives them. */
export class Tokens {
  readonly #issuer: () => string
  readonly #keys: SigningKeys
  readonly #grants: Grants

  constructor(issuer: () => string, keys: SigningKeys, grants: Grants) {
    this.#issuer = issuer
    this.#keys = keys
    this.#grants = grants
  }

  /**
   * The tokens of a person who logged in through a client.
   *
   * @param refreshToken the one that goes on being good; a new one where none is given
   */
  async forGrant(grant: Grant, refreshToken?: string): Promise<TokenResponse> {
    const { audience, scope } = grant
    const accessToken = await (audience === undefined
      ? this.#grants.createOpaqueToken()
      : this.accessToken(grant))
    this.#grants.remember(accessToken, grant)
    return {
      access_token: accessToken,
      ...(scope.includes('openid') && { id_token: await this.#idToken(grant) }),
      ...(scope.includes('offline_access') && {
        refresh_token: refreshToken ?? this.#grants.createRefreshToken(grant),
      }),
      scope: scope.join(' '),
      token_type: 'Bearer',
      expires_in: api.tokenLifetime,
    }
  }

  /** The token of a client that speaks for itself: no user, hence no `userinfo` to ask for. */
  async forClient({ id }: Client, granted: readonly string[]): Promise<TokenResponse> {
    const accessToken = await this.#sign(api.tokenLifetime, {
      sub: `${id}@clients`,
      aud: api.identifier,
      azp: id,
      scope: granted.join(' '),
      permissions: granted,
      gty: 'client-credentials',
    })
    return { access_token: accessToken, token_type: 'Bearer', expires_in: api.tokenLifetime }
  }

  /**
   * An access token without the rest, and with a flaw if one is wanted: one that an API has to
   * refuse, so that one sees how a client copes.
   */
  async accessToken(grant: Grant, flaw: Flaw | 'none' = 'none'): Promise<string> {
    const audience = flaw === 'audience' ? 'https://another-api.example.com' : api.identifier
    const claims = this.#accessTokenClaims(grant, audience)
    if (flaw === 'forged') return this.#keys.forge(this.#dated(api.tokenLifetime, claims))
    return this.#sign(flaw === 'expired' ? -60 : api.tokenLifetime, claims)
  }

  #accessTokenClaims({ persona, organization, client, scope }: Grant, audience: string) {
    return {
      sub: subjectOf(persona),
      aud: scope.includes('openid') ? [audience, `${this.#issuer()}userinfo`] : audience,
      azp: client.id,
      scope: scope.join(' '),
      permissions: permissionsOf(persona),
      ...organizationClaims(organization),
    }
  }

  #idToken({ persona, organization, client, scope, nonce, authTime, sid }: Grant) {
    return this.#sign(ID_TOKEN_LIFETIME, {
      ...profileOf(persona, scope),
      aud: client.id,
      azp: client.id,
      ...(nonce !== undefined && { nonce }),
      auth_time: authTime,
      sid,
      ...organizationClaims(organization),
    })
  }

  #sign(lifetime: number, claims: Record<string, unknown>): Promise<string> {
    return this.#keys.sign(this.#dated(lifetime, claims))
  }

  /** @param lifetime in seconds; less than none for a token that expired so long ago */
  #dated(lifetime: number, claims: Record<string, unknown>) {
    const now = Math.floor(Date.now() / 1000)
    const iat = lifetime < 0 ? now + lifetime - api.tokenLifetime : now
    return { iss: this.#issuer(), ...claims, iat, exp: now + lifetime }
  }
}

export function subjectOf({ name }: Persona): string {
  return `local|${name}`
}

export function permissionsOf(persona: Persona): string[] {
  return [...new Set(persona.roles.flatMap((role) => must(roles[role])))]
}

/** What a client may know of a person (OpenID Connect Core §5.4). */
export function profileOf(persona: Persona, scope: readonly string[]) {
  const { displayName, email, name } = persona
  return {
    sub: subjectOf(persona),
    ...(scope.includes('profile') && { name: displayName, nickname: name }),
    ...(scope.includes('email') && { email, email_verified: true }),
  }
}

/** The organization that somebody means by its id or its name. */
export function organizationBy(idOrName: string): Organization | undefined {
  return organizations.find(({ id, name }) => id === idOrName || name === idOrName.toLowerCase())
}

function organizationClaims(organization: Organization | undefined) {
  return organization && { org_id: organization.id, org_name: organization.name }
}
