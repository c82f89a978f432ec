import { assertDefined } from '../../../utils/assert-defined.ts'
import type { Client, Organization, Persona } from '../../directory/data.ts'
import type { Directory } from '../../directory/directory.ts'
import {
  MANAGEMENT,
  type ResourceServer,
  saysPermissions,
  scopeFor,
} from '../../directory/resource-server.ts'
import { OAuthError } from '../oauth-error.ts'
import { signFor } from './client-signature.ts'
import type { Grant, Grants } from './grants.ts'
import type { SigningKeys } from './signing-keys.ts'

/** How long an ID token lasts, in seconds. */
const ID_TOKEN_LIFETIME = 10 * 60 * 60

/** What is wrong with a token: it expired, is for another API, or is signed by a stranger. */
export type Flaw = 'expired' | 'audience' | 'forged'

/** How long an access token for `/userinfo` alone or for the Management API lasts, in seconds. */
const DAY = 24 * 60 * 60

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
  readonly #directory: Directory

  constructor(issuer: () => string, keys: SigningKeys, grants: Grants, directory: Directory) {
    this.#issuer = issuer
    this.#keys = keys
    this.#grants = grants
    this.#directory = directory
  }

  /**
   * The tokens of a person who logged in through a client.
   *
   * @param refreshToken the one that goes on being good; a new one where none is given
   */
  async forGrant(grant: Grant, refreshToken?: string): Promise<TokenResponse> {
    const api =
      grant.audience === undefined
        ? undefined
        : assertDefined(this.#directory.api(grant.audience), 'API')
    const scope = scopeFor(api, grant.scope)
    const accessToken = await (api === undefined
      ? this.#grants.createOpaqueToken()
      : this.accessToken({ ...grant, scope }))
    this.#grants.remember(accessToken, grant)
    return {
      access_token: accessToken,
      ...(scope.includes('openid') && { id_token: await this.#idToken(grant) }),
      ...(scope.includes('offline_access') && {
        refresh_token: refreshToken ?? this.#grants.createRefreshToken(grant),
      }),
      scope: scope.join(' '),
      token_type: 'Bearer',
      expires_in: api?.token_lifetime ?? DAY,
    }
  }

  /**
   * The token of a client that speaks for itself: no user, hence no `userinfo` to ask for.
   *
   * @param audience the identifier of an API, or `<issuer>api/v2/` for the Management API
   * @throws OAuthError `access_denied` where there is no such API, or the client is granted nothing
   */
  async forClient(client: Client, audience: string): Promise<TokenResponse> {
    const isManagement = audience === `${this.#issuer()}${MANAGEMENT}`
    const api = this.#directory.api(audience)
    if (!isManagement && api === undefined) {
      throw new OAuthError('access_denied', `Service not enabled within domain: ${audience}`, 403)
    }
    const grant = this.#directory.grantOf(client, isManagement ? MANAGEMENT : audience)
    if (grant === undefined) {
      const problem = `Client is not authorized to access "${audience}".`
      throw new OAuthError('access_denied', problem, 403)
    }
    const lifetime = api?.token_lifetime ?? DAY
    const accessToken = await this.#sign(lifetime, {
      sub: `${client.id}@clients`,
      aud: audience,
      azp: client.id,
      scope: grant.scope.join(' '),
      ...(saysPermissions(api) && { permissions: grant.scope }),
      gty: 'client-credentials',
    })
    return {
      access_token: accessToken,
      scope: grant.scope.join(' '),
      token_type: 'Bearer',
      expires_in: lifetime,
    }
  }

  /**
   * An access token without the rest, and with a flaw if one is wanted: one that an API has to
   * refuse, so that one sees how a client copes.
   */
  async accessToken(grant: Grant, flaw: Flaw | 'none' = 'none'): Promise<string> {
    const api = assertDefined(this.#directory.api(grant.audience), 'API')
    const { token_lifetime: lifetime } = api
    const claims = {
      ...this.#accessTokenClaims(grant, api),
      ...(flaw === 'audience' && { aud: 'https://another-api.example.com' }),
    }
    if (flaw === 'forged') return this.#keys.forge(this.#complete(lifetime, claims))
    return flaw === 'expired' ? this.#sign(-60, claims) : this.#sign(lifetime, claims)
  }

  #accessTokenClaims({ persona, organization, client, scope }: Grant, api: ResourceServer) {
    const { identifier } = api
    return {
      sub: subjectOf(persona),
      aud: scope.includes('openid') ? [identifier, `${this.#issuer()}userinfo`] : identifier,
      azp: client.id,
      scope: scope.join(' '),
      ...(saysPermissions(api) && {
        permissions: this.#directory.permissionsOf(persona, api),
      }),
      ...organizationClaims(organization),
    }
  }

  #idToken({ persona, organization, client, scope, nonce, authTime, sid }: Grant) {
    const claims = this.#complete(ID_TOKEN_LIFETIME, {
      ...profileOf(persona, scope),
      aud: client.id,
      azp: client.id,
      ...(nonce !== undefined && { nonce }),
      auth_time: authTime,
      sid,
      ...organizationClaims(organization),
    })
    return signFor(this.#keys, client, claims)
  }

  #sign(lifetime: number, claims: Record<string, unknown>): Promise<string> {
    return this.#keys.sign(this.#complete(lifetime, claims))
  }

  /** @param lifetime in seconds; less than none for a token that expired so long ago */
  #complete(lifetime: number, claims: Record<string, unknown>) {
    const now = Math.floor(Date.now() / 1000)
    const iat = lifetime < 0 ? now + lifetime - DAY : now
    return { iss: this.#issuer(), ...claims, iat, exp: now + lifetime }
  }
}

export function subjectOf({ name }: Persona): string {
  return `local|${name}`
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

function organizationClaims(organization: Organization | undefined) {
  return organization && { org_id: organization.id, org_name: organization.name }
}
