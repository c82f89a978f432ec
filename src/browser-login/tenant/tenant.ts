import * as client from 'openid-client'
import { isLoopback } from '../../tokens/issuer.ts'
import { type Fault, InvalidAnswerError, judged, TenantUnavailableError } from './errors.ts'

/** For one request to the tenant, in seconds. */
const TIMEOUT = 5
/** Where the tenant does not say how long an access token lasts, in seconds. */
const DEFAULT_LIFETIME = 300

const FEDERATED_GRANT =
  'urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token'
const FEDERATED_TOKEN = 'http://auth0.com/oauth/token-type/federated-connection-access-token'
const REFRESH_TOKEN = 'urn:ietf:params:oauth:token-type:refresh_token'

export interface TenantOptions {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly idTokenAlgorithm: string
  /** Clock skew allowed, in seconds. */
  readonly clockTolerance: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** What the API is called with, and how to get it anew. */
export interface TokenSet {
  readonly accessToken: string
  readonly refreshToken: string | undefined
  /** When the access token ends, in milliseconds since the epoch. */
  readonly expiresAt: number
}

/** What makes one login's answer that login's own (RFC 6749 §10.12, RFC 7636, OIDC Core §3.1.2.1). */
export interface LoginSecrets {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

/**
 * The tenant as a client of it speaks to it. It is discovered when it is first needed, and again
 * after a failure, so that the server starts while the tenant is down.
 *
 * Every method throws TenantUnavailableError where the tenant gives no usable answer.
 */
export class Tenant {
  readonly #options: TenantOptions
  #discovery: Promise<client.Configuration> | undefined

  constructor(options: TenantOptions) {
    this.#options = options
  }

  /** Where a browser begins a login, and what its answer is known by. */
  async beginLogin(
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
   * Redeems the code in the answer to a login (RFC 6749 §4.1.3).
   *
   * @returns with an ID token that nobody has verified yet
   * @throws TenantRefusal, InvalidAnswerError
   */
  async finishLogin(
    answer: URL,
    { state, nonce, verifier }: LoginSecrets,
  ): Promise<TokenSet & { idToken: string }> {
    const configuration = await this.#configuration()
    const response = await this.#ask(
      client.authorizationCodeGrant(configuration, answer, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      }),
      InvalidAnswerError,
    )
    return { ...this.#tokens(response), idToken: String(response.id_token) }
  }

  /**
   * Renews the access token (RFC 6749 §6).
   *
   * @throws TenantRefusal
   */
  async renew(refreshToken: string): Promise<TokenSet> {
    const configuration = await this.#configuration()
    const response = await this.#ask(client.refreshTokenGrant(configuration, refreshToken))
    return this.#tokens(response, refreshToken)
  }

  /**
   * Exchanges a refresh token for an access token of a third party (RFC 8693, the vendor's way).
   *
   * @throws TenantRefusal
   */
  async federatedToken(refreshToken: string, connection: string): Promise<string> {
    const configuration = await this.#configuration()
    const parameters = {
      subject_token: refreshToken,
      subject_token_type: REFRESH_TOKEN,
      requested_token_type: FEDERATED_TOKEN,
      connection,
    }
    const exchange = client.genericGrantRequest(configuration, FEDERATED_GRANT, parameters)
    return (await this.#ask(exchange)).access_token
  }

  /** Where a browser logs out: in the standard's way, or the vendor's where the tenant has no other. */
  async logoutUrl(idToken: string, returnTo: string): Promise<string> {
    const configuration = await this.#configuration()
    if (configuration.serverMetadata().end_session_endpoint === undefined) {
      const { issuer, clientId } = this.#options
      return `${issuer}v2/logout?${new URLSearchParams({ client_id: clientId, returnTo })}`
    }
    return client.buildEndSessionUrl(configuration, {
      id_token_hint: idToken,
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
    const { issuer, clientId, clientSecret, idTokenAlgorithm, clockTolerance } = this.#options
    const url = new URL(issuer)
    const metadata = {
      client_secret: clientSecret,
      id_token_signed_response_alg: idTokenAlgorithm,
      [client.clockTolerance]: clockTolerance,
    }
    const insecure = url.protocol === 'http:' && isLoopback(url)
    return client.discovery(url, clientId, metadata, undefined, {
      timeout: TIMEOUT,
      execute: insecure ? [client.allowInsecureRequests] : [],
    })
  }

  #tokens(response: client.TokenEndpointResponse, refreshToken?: string): TokenSet {
    const { access_token: accessToken, expires_in: lifetime = DEFAULT_LIFETIME } = response
    return {
      accessToken,
      refreshToken: response.refresh_token ?? refreshToken,
      expiresAt: this.#options.now() + lifetime * 1000,
    }
  }

  /** @param Invalid what an answer is that came and does not hold */
  async #ask<T>(request: Promise<T>, Invalid: Fault = TenantUnavailableError): Promise<T> {
    try {
      return await request
    } catch (error) {
      throw judged(error, Invalid)
    }
  }
}
