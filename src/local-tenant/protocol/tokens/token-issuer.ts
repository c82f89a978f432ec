import { assertDefined } from '../../../utils/assert-defined.ts'
import type { Directory } from '../../directory/directory.ts'
import type { Client } from '../../directory/records.ts'
import { grantedScope, includesPermissions, MANAGEMENT } from '../../directory/resource-server.ts'
import type { TenantIdentity } from '../../providers/identity.ts'
import type { AccessTokenClaims, IssuedWith, Times } from '../../providers/provider.ts'
import { accessTokenClaimsOf, idTokenClaimsOf } from '../authentication-claims.ts'
import { OAuthError } from '../oauth-error.ts'
import { bindingPolicy, boundKey, confirmation, tokenType } from './binding.ts'
import { signForClient } from './client-signature.ts'
import type { Grant, Grants } from './grants.ts'
import { organizationClaims, profileClaims, subjectOf } from './profile-claims.ts'
import type { SigningKeys } from './signing-keys.ts'
import type { IssueOptions, TokenResponse } from './token-response.ts'

const ID_TOKEN_LIFETIME_SECONDS = 10 * 60 * 60

/** The lifetime of access tokens for `/userinfo` only and for the Management API. */
const DEFAULT_LIFETIME_SECONDS = 24 * 60 * 60

/** Issues tokens with the same claims as Auth0, or as another provider. */
export class TokenIssuer {
  readonly #identity: TenantIdentity
  readonly #keys: SigningKeys
  readonly #grants: Grants
  readonly #directory: Directory

  constructor(identity: TenantIdentity, keys: SigningKeys, grants: Grants, directory: Directory) {
    this.#identity = identity
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
    const { refreshToken, scope: requested = all, proven, isRenewal = false } = options
    const scope = all.filter((name) => requested.includes(name))
    const thumbprint = this.keyFor(grant, proven)
    const accessToken = await (api === undefined
      ? this.#grants.createOpaqueToken()
      : this.signAccessToken({ ...grant, scope }, thumbprint))
    this.#grants.addAccessToken(accessToken, { grant, scope, thumbprint })
    return {
      access_token: accessToken,
      ...(scope.includes('openid') && {
        id_token: await this.#signIdToken(
          { ...grant, scope },
          { accessToken, api: api?.identifier },
          grant.isChallenged && !isRenewal,
        ),
      }),
      // It keeps the scope of the login (RFC 6749 §6).
      ...(all.includes('offline_access') && {
        refresh_token: refreshToken ?? this.#grants.createRefreshToken(grant, proven),
      }),
      scope: scope.join(' '),
      token_type: tokenType(thumbprint),
      expires_in: api?.token_lifetime ?? DEFAULT_LIFETIME_SECONDS,
    }
  }

  /**
   * The thumbprint of the key that access tokens of a grant are bound to.
   *
   * @param proven of the key in the client's proof
   * @throws OAuthError `invalid_request` if no token may be issued
   */
  keyFor({ client, audience }: Grant, proven: string | undefined): string | undefined {
    const api = this.#directory.api(audience)
    // Tokens for /userinfo alone.
    const policy = audience === undefined ? 'allowed' : bindingPolicy(api, client)
    return boundKey(client, policy, proven)
  }

  /**
   * Issues the token of a client for itself (client credentials). It has no user, so `/userinfo`
   * does not accept it.
   *
   * @param audience the identifier of an API, or `api/v2/` below the base URL for the Management API
   * @param proven of the key in the client's proof
   * @throws OAuthError `access_denied` if there is no such API or the client has no grant for it;
   *   `invalid_request` if the token would have to be bound, or not
   */
  async issueForClient(
    client: Client,
    audience: string,
    proven: string | undefined,
  ): Promise<TokenResponse> {
    const baseUrl = this.#identity.baseUrl()
    const isManagement = audience === `${baseUrl}${MANAGEMENT}`
    const api = this.#directory.api(audience)
    if (!isManagement && api === undefined) {
      throw new OAuthError('access_denied', `Service not enabled within domain: ${audience}`, 403)
    }
    const grant = this.#directory.clientGrant(client, isManagement ? MANAGEMENT : audience)
    if (grant === undefined) {
      const problem = `Client is not authorized to access "${audience}".`
      throw new OAuthError('access_denied', problem, 403)
    }
    const thumbprint = boundKey(client, bindingPolicy(api, client), proven)
    const lifetime = api?.token_lifetime ?? DEFAULT_LIFETIME_SECONDS
    const claims = withTimes(lifetime, {
      sub: `${client.id}@clients`,
      aud: audience,
      azp: client.id,
      scope: grant.scope.join(' '),
      ...(includesPermissions(api) && { permissions: grant.scope }),
      gty: 'client-credentials',
      ...confirmation(thumbprint),
    })
    return {
      access_token: await this.#keys.sign(
        isManagement ? { iss: baseUrl, ...claims } : this.#asProvider(claims),
      ),
      scope: grant.scope.join(' '),
      token_type: tokenType(thumbprint),
      expires_in: lifetime,
    }
  }

  /** @param thumbprint of the key that the token is bound to (RFC 9449 §6.1); undefined for a plain token */
  signAccessToken(grant: Grant, thumbprint?: string): Promise<string> {
    return this.#keys.sign({ ...this.accessTokenClaims(grant), ...confirmation(thumbprint) })
  }

  /** The claims of an access token for the API of a grant, as the provider has them. */
  accessTokenClaims(grant: Grant) {
    const { persona, organization, client, scope, audience } = grant
    const api = assertDefined(this.#directory.api(audience), 'API')
    const { identifier } = api
    const userinfo = `${this.#identity.baseUrl()}userinfo`
    const claims = withTimes(api.token_lifetime, {
      ...persona.claims,
      sub: subjectOf(persona),
      aud: scope.includes('openid') ? [identifier, userinfo] : identifier,
      azp: client.id,
      scope: scope.join(' '),
      ...(includesPermissions(api) && {
        permissions: this.#directory.permissionsOf(persona, api),
      }),
      ...organizationClaims(organization),
      ...accessTokenClaimsOf(grant, this.#directory, identifier),
    })
    return this.#asProvider(claims)
  }

  #signIdToken(grant: Grant, issued: IssuedWith, isChallenged: boolean) {
    const { persona, organization, client, scope, nonce, sid } = grant
    const claims = withTimes(ID_TOKEN_LIFETIME_SECONDS, {
      ...profileClaims(persona, scope),
      aud: client.id,
      azp: client.id,
      ...(nonce !== undefined && { nonce }),
      ...idTokenClaimsOf(grant, isChallenged),
      sid,
      ...organizationClaims(organization),
    })
    const { provider, issuer } = this.#identity
    return signForClient(this.#keys, client, {
      iss: issuer(),
      ...provider.idToken(claims, issued),
    })
  }

  /** The claims of an access token of Auth0, as those of the provider. */
  #asProvider(claims: AccessTokenClaims) {
    const { provider, issuer } = this.#identity
    const { iat, exp } = claims
    return { iss: issuer(), ...provider.accessToken(claims), iat, exp }
  }
}

/** @param lifetime in seconds */
function withTimes<T extends object>(lifetime: number, claims: T): T & Times {
  const iat = Math.floor(Date.now() / 1000)
  return { ...claims, iat, exp: iat + lifetime }
}
