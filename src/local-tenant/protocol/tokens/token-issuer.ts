import { assertDefined } from '../../../utils/assert-defined.ts'
import type { Directory } from '../../directory/directory.ts'
import type { Client, Organization, Persona } from '../../directory/records.ts'
import {
  grantedScope,
  includesPermissions,
  MANAGEMENT,
  type ResourceServer,
} from '../../directory/resource-server.ts'
import { OAuthError } from '../oauth-error.ts'
import { signForClient } from './client-signature.ts'
import type { Grant, Grants } from './grants.ts'
import type { SigningKeys } from './signing-keys.ts'

const ID_TOKEN_LIFETIME_SECONDS = 10 * 60 * 60

/** The lifetime of access tokens for `/userinfo` only and for the Management API. */
const DEFAULT_LIFETIME_SECONDS = 24 * 60 * 60

/** Why an API must reject a token: expired, issued for another audience, or wrongly signed. */
export type TokenFlaw = 'expired' | 'audience' | 'forged'

/** A successful response of the token endpoint (RFC 6749 §5.1). */
export interface TokenResponse {
  readonly access_token: string
  readonly id_token?: string
  readonly refresh_token?: string
  readonly scope?: string
  readonly token_type: 'Bearer'
  readonly expires_in: number
}

export interface IssueOptions {
  /** A refresh token that stays valid. By default, a new one is created. */
  readonly refreshToken?: string | undefined
  /** A narrower scope than that of the login (RFC 6749 §6). More than that is left out. */
  readonly scope?: readonly string[] | undefined
}

/** Issues tokens with the same claims as Auth0. */
export class TokenIssuer {
  readonly #issuer: () => string
  readonly #keys: SigningKeys
  readonly #grants: Grants
  readonly #directory: Directory

  constructor(issuer: () => string, keys: SigningKeys, grants: Grants, directory: Directory) {
    this.#issuer = issuer
    this.#keys = keys
    this.#grants = grants
    this.#directory = directory
  }

  /** Issues the tokens of a login, or of its renewal. */
  async issueForGrant(grant: Grant, options: IssueOptions = {}): Promise<TokenResponse> {
    const api =
      grant.audience === undefined
        ? undefined
        : assertDefined(this.#directory.api(grant.audience), 'API')
    const permissions = api === undefined ? [] : this.#directory.permissionsOf(grant.persona, api)
    const all = grantedScope(api, grant.scope, permissions)
    const { refreshToken, scope: requested = all } = options
    const scope = all.filter((name) => requested.includes(name))
    const accessToken = await (api === undefined
      ? this.#grants.createOpaqueToken()
      : this.signAccessToken({ ...grant, scope }))
    this.#grants.addAccessToken(accessToken, grant, scope)
    return {
      access_token: accessToken,
      ...(scope.includes('openid') && { id_token: await this.#signIdToken({ ...grant, scope }) }),
      // It keeps the scope of the login (RFC 6749 §6).
      ...(all.includes('offline_access') && {
        refresh_token: refreshToken ?? this.#grants.createRefreshToken(grant),
      }),
      scope: scope.join(' '),
      token_type: 'Bearer',
      expires_in: api?.token_lifetime ?? DEFAULT_LIFETIME_SECONDS,
    }
  }

  /**
   * Issues the token of a client for itself (client credentials). It has no user, so `/userinfo`
   * does not accept it.
   *
   * @param audience the identifier of an API, or `<issuer>api/v2/` for the Management API
   * @throws OAuthError `access_denied` if there is no such API or the client has no grant for it
   */
  async issueForClient(client: Client, audience: string): Promise<TokenResponse> {
    const isManagement = audience === `${this.#issuer()}${MANAGEMENT}`
    const api = this.#directory.api(audience)
    if (!isManagement && api === undefined) {
      throw new OAuthError('access_denied', `Service not enabled within domain: ${audience}`, 403)
    }
    const grant = this.#directory.clientGrant(client, isManagement ? MANAGEMENT : audience)
    if (grant === undefined) {
      const problem = `Client is not authorized to access "${audience}".`
      throw new OAuthError('access_denied', problem, 403)
    }
    const lifetime = api?.token_lifetime ?? DEFAULT_LIFETIME_SECONDS
    const accessToken = await this.#sign(lifetime, {
      sub: `${client.id}@clients`,
      aud: audience,
      azp: client.id,
      scope: grant.scope.join(' '),
      ...(includesPermissions(api) && { permissions: grant.scope }),
      gty: 'client-credentials',
    })
    return {
      access_token: accessToken,
      scope: grant.scope.join(' '),
      token_type: 'Bearer',
      expires_in: lifetime,
    }
  }

  /** Signs only an access token. With a flaw, it shows how a client handles a rejected token. */
  async signAccessToken(grant: Grant, flaw: TokenFlaw | 'none' = 'none'): Promise<string> {
    const api = assertDefined(this.#directory.api(grant.audience), 'API')
    const { token_lifetime: lifetime } = api
    const claims = {
      ...this.#accessTokenClaims(grant, api),
      ...(flaw === 'audience' && { aud: 'https://another-api.example.com' }),
    }
    if (flaw === 'forged') return this.#keys.forge(this.#withIssuerAndTimes(lifetime, claims))
    return flaw === 'expired' ? this.#sign(-60, claims) : this.#sign(lifetime, claims)
  }

  #accessTokenClaims({ persona, organization, client, scope }: Grant, api: ResourceServer) {
    const { identifier } = api
    return {
      ...persona.claims,
      sub: subjectOf(persona),
      aud: scope.includes('openid') ? [identifier, `${this.#issuer()}userinfo`] : identifier,
      azp: client.id,
      scope: scope.join(' '),
      ...(includesPermissions(api) && {
        permissions: this.#directory.permissionsOf(persona, api),
      }),
      ...organizationClaims(organization),
    }
  }

  #signIdToken({ persona, organization, client, scope, nonce, authTime, sid }: Grant) {
    const claims = this.#withIssuerAndTimes(ID_TOKEN_LIFETIME_SECONDS, {
      ...profileClaims(persona, scope),
      aud: client.id,
      azp: client.id,
      ...(nonce !== undefined && { nonce }),
      auth_time: authTime,
      sid,
      ...organizationClaims(organization),
    })
    return signForClient(this.#keys, client, claims)
  }

  #sign(lifetime: number, claims: Record<string, unknown>): Promise<string> {
    return this.#keys.sign(this.#withIssuerAndTimes(lifetime, claims))
  }

  /** @param lifetime in seconds; negative for a token that expired that long ago */
  #withIssuerAndTimes(lifetime: number, claims: Record<string, unknown>) {
    const now = Math.floor(Date.now() / 1000)
    const iat = lifetime < 0 ? now + lifetime - DEFAULT_LIFETIME_SECONDS : now
    return { iss: this.#issuer(), ...claims, iat, exp: now + lifetime }
  }
}

/** The claim `sub` of a persona. */
export function subjectOf({ name }: Persona): string {
  return `local|${name}`
}

/** The claims about a persona that a scope includes (OpenID Connect Core §5.4), and its further claims. */
export function profileClaims(persona: Persona, scope: readonly string[]) {
  const { displayName, email, name, picture, emailVerified = true } = persona
  return {
    ...persona.claims,
    sub: subjectOf(persona),
    ...(scope.includes('profile') && {
      name: displayName,
      nickname: name,
      ...(picture !== undefined && { picture }),
    }),
    ...(scope.includes('email') && { email, email_verified: emailVerified }),
  }
}

function organizationClaims(organization: Organization | undefined) {
  return organization && { org_id: organization.id, org_name: organization.name }
}
