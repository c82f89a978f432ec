import * as client from 'openid-client'
import { isLoopback } from '../../tokens/issuer.ts'
import { boundedFetch } from '../../utils/bounded-fetch.ts'
import {
  ClientRejectedError,
  type ErrorClass,
  InvalidResponseError,
  TenantUnavailableError,
  toDomainError,
} from './errors.ts'

/** For one response of the tenant. */
const BOUNDS = { timeoutMs: 5_000, maxBytes: 512 * 1024 }
/** A longer ID token is not put into the logout URL: servers limit the length of a URL. */
const MAX_HINT_LENGTH = 4 * 1024
/** For access tokens that come without `expires_in`. */
const DEFAULT_LIFETIME_SECONDS = 300

const FEDERATED_GRANT =
  'urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token'
const FEDERATED_TOKEN = 'http://auth0.com/oauth/token-type/federated-connection-access-token'
const REFRESH_TOKEN = 'urn:ietf:params:oauth:token-type:refresh_token'

export interface TenantClientOptions {
  readonly issuer: string
  readonly clientId: string
  /** One, or two while it is rotated. */
  readonly clientSecrets: readonly string[]
  readonly idTokenAlgorithm: string
  /** Clock skew allowed, in seconds. */
  readonly clockTolerance: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** The tokens of a login, without its ID token. */
export interface TokenSet {
  readonly accessToken: string
  readonly refreshToken: string | undefined
  /** When the access token expires, in milliseconds since the epoch. */
  readonly expiresAt: number
}

export interface RenewedTokens {
  readonly tokens: TokenSet
  /** Undefined if the tenant returns none. */
  readonly idToken: string | undefined
}

/** Binds a response to one login (RFC 6749 §10.12, RFC 7636, OpenID Connect Core §3.1.2.1). */
export interface LoginSecrets {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

/**
 * An OpenID Connect client of the tenant. The discovery document is fetched on first use, and again
 * after a failure, so that the server can start while the tenant is down.
 *
 * Every method throws TenantUnavailableError if the tenant does not return a usable response, and
 * ClientRejectedError if it does not accept this client.
 */
export class TenantClient {
  readonly #options: TenantClientOptions
  #discovery: Promise<client.Configuration> | undefined
  /** The index of the secret that the tenant accepted last. */
  #secret = 0

  constructor(options: TenantClientOptions) {
    this.#options = options
  }

  /** Returns the URL to redirect the browser to, and the secrets that complete the login. */
  async startLogin(
    parameters: Readonly<Record<string, string>>,
  ): Promise<{ url: string; secrets: LoginSecrets }> {
    const configuration = await this.#configuration()
    const secrets = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
    }
    const url = client.buildAuthorizationUrl(configuration, {
      ...parameters,
      state: secrets.state,
      nonce: secrets.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(secrets.verifier),
      code_challenge_method: 'S256',
    })
    return { url: url.href, secrets }
  }

  /**
   * Exchanges the code of an authorization response for tokens (RFC 6749 §4.1.3).
   *
   * @param callbackUrl with the parameters of the response
   * @returns the tokens; the signature of the ID token is not verified yet
   * @throws TenantOAuthError, InvalidResponseError
   */
  async completeLogin(
    callbackUrl: URL,
    { state, nonce, verifier }: LoginSecrets,
  ): Promise<TokenSet & { idToken: string }> {
    const response = await this.#send(
      (configuration) =>
        client.authorizationCodeGrant(configuration, callbackUrl, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        }),
      InvalidResponseError,
    )
    return { ...this.#toTokenSet(response), idToken: String(response.id_token) }
  }

  /**
   * Renews the access token (RFC 6749 §6).
   *
   * @returns the tokens; the signature of the ID token is not verified yet
   * @throws TenantOAuthError
   */
  async renew(refreshToken: string): Promise<RenewedTokens> {
    const response = await this.#send((configuration) =>
      client.refreshTokenGrant(configuration, refreshToken),
    )
    return { tokens: this.#toTokenSet(response, refreshToken), idToken: response.id_token }
  }

  /**
   * Exchanges a refresh token for an access token of a third party, with a grant type of Auth0 that
   * is based on RFC 8693.
   *
   * @throws TenantOAuthError
   */
  async exchangeForFederatedToken(refreshToken: string, connection: string): Promise<string> {
    const parameters = {
      subject_token: refreshToken,
      subject_token_type: REFRESH_TOKEN,
      requested_token_type: FEDERATED_TOKEN,
      connection,
    }
    const response = await this.#send((configuration) =>
      client.genericGrantRequest(configuration, FEDERATED_GRANT, parameters),
    )
    return response.access_token
  }

  /** Revokes a refresh token (RFC 7009), if the tenant has an endpoint for that. */
  async revoke(refreshToken: string): Promise<void> {
    const configuration = await this.#configuration()
    if (configuration.serverMetadata().revocation_endpoint === undefined) return
    const parameters = { token_type_hint: 'refresh_token' }
    await this.#send((current) => client.tokenRevocation(current, refreshToken, parameters))
  }

  /** Returns the URL of the OpenID Connect logout; of Auth0's own logout if that one is disabled. */
  async logoutUrl(idToken: string | undefined, returnTo: string): Promise<string> {
    const configuration = await this.#configuration()
    if (configuration.serverMetadata().end_session_endpoint === undefined) {
      const { issuer, clientId } = this.#options
      return `${issuer}v2/logout?${new URLSearchParams({ client_id: clientId, returnTo })}`
    }
    return client.buildEndSessionUrl(configuration, {
      ...(idToken !== undefined && idToken.length <= MAX_HINT_LENGTH && { id_token_hint: idToken }),
      post_logout_redirect_uri: returnTo,
    }).href
  }

  #configuration(): Promise<client.Configuration> {
    this.#discovery ??= this.#discover().catch((cause) => {
      this.#discovery = undefined
      throw new TenantUnavailableError({ cause })
    })
    return this.#discovery
  }

  async #discover(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecrets, idTokenAlgorithm, clockTolerance } = this.#options
    const url = new URL(issuer)
    const metadata = {
      client_secret: String(clientSecrets[this.#secret]),
      id_token_signed_response_alg: idTokenAlgorithm,
      [client.clockTolerance]: clockTolerance,
    }
    const isLocalHttp = url.protocol === 'http:' && isLoopback(url)
    return client.discovery(url, clientId, metadata, undefined, {
      [client.customFetch]: (url, init) => boundedFetch(url, BOUNDS, init as RequestInit),
      execute: isLocalHttp ? [client.allowInsecureRequests] : [],
    })
  }

  #toTokenSet(response: client.TokenEndpointResponse, refreshToken?: string): TokenSet {
    const { access_token: accessToken, expires_in: lifetimeSeconds = DEFAULT_LIFETIME_SECONDS } =
      response
    return {
      accessToken,
      refreshToken: response.refresh_token ?? refreshToken,
      expiresAt: this.#options.now() + lifetimeSeconds * 1000,
    }
  }

  /**
   * Sends a request. If the tenant rejects the client and there is another secret, it is sent again with
   * that one, which is used from then on.
   *
   * @param InvalidResponse the class for an invalid response
   */
  async #send<T>(
    request: (configuration: client.Configuration) => Promise<T>,
    InvalidResponse: ErrorClass = TenantUnavailableError,
  ): Promise<T> {
    const used = this.#secret
    const configuration = await this.#configuration()
    try {
      return await request(configuration)
    } catch (error) {
      const rejected = await toDomainError(error, InvalidResponse)
      const { clientSecrets } = this.#options
      if (!(rejected instanceof ClientRejectedError) || clientSecrets.length === 1) throw rejected
      // Another request may have changed to the other secret in the meantime.
      if (this.#secret === used) this.#useSecret((used + 1) % clientSecrets.length)
      const other = await this.#configuration()
      return await request(other).catch(async (cause) => {
        throw await toDomainError(cause, InvalidResponse)
      })
    }
  }

  #useSecret(index: number): void {
    this.#secret = index
    this.#discovery = undefined
  }
}
