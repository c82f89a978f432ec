import { decodeJwt } from 'jose'
import type { Fetch } from '../../utils/bounded-fetch.ts'
import { errorFromResponse, extractMessage, ManagementError } from './errors.ts'

/** Client credentials, or an access token for the Management API. */
export type Credentials =
  | { readonly clientId: string; readonly clientSecret: string }
  | { readonly token: string }

/** A token is renewed this long before it expires. */
const RENEW_BEFORE_EXPIRY_MS = 60_000

/** The access token for the Management API. It is requested once, shared, and kept in memory only. */
export class ManagementToken {
  readonly #issuer: string
  readonly #credentials: Credentials
  readonly #fetch: Fetch
  #token: Promise<string> | undefined
  /** Milliseconds since the epoch; infinite while a request is pending. */
  #renewAt = 0

  /** @param issuer with the trailing slash */
  constructor(issuer: string, credentials: Credentials, fetcher: Fetch) {
    this.#issuer = issuer
    this.#credentials = credentials
    this.#fetch = fetcher
  }

  /** @throws ManagementError `invalid_client`, `timeout`, `unreachable`, … */
  async get(): Promise<string> {
    if ('token' in this.#credentials) return this.#credentials.token
    if (this.#token === undefined || Date.now() >= this.#renewAt) {
      this.#renewAt = Number.POSITIVE_INFINITY
      this.#token = this.#request(this.#credentials)
      this.#token.catch(() => (this.#renewAt = 0))
    }
    return this.#token
  }

  /** The scopes in the token; undefined if the token is opaque or does not list them. */
  async scopes(): Promise<ReadonlySet<string> | undefined> {
    const token = await this.get()
    try {
      const { scope } = decodeJwt(token)
      return typeof scope === 'string' ? new Set(scope.split(' ')) : undefined
    } catch {
      return undefined
    }
  }

  /** Client credentials grant (RFC 6749 §4.4). The SDK's own implementation supports only https. */
  async #request({ clientId, clientSecret }: { clientId: string; clientSecret: string }) {
    const response = await this.#fetch(`${this.#issuer}oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
        audience: `${this.#issuer}api/v2/`,
      }),
    })
    const body = await response.json().catch(() => undefined)
    const { access_token: token, expires_in: seconds } = (body ?? {}) as TokenResponse
    if (token === undefined || seconds === undefined) throw tokenRequestError(response, body)
    this.#renewAt = Date.now() + seconds * 1000 - RENEW_BEFORE_EXPIRY_MS
    return token
  }
}

interface TokenResponse {
  readonly access_token?: string
  /** Seconds. */
  readonly expires_in?: number
}

function tokenRequestError({ status, headers }: Response, body: unknown): ManagementError {
  const message = extractMessage(body)
  const description = `The tenant's token endpoint returned HTTP ${status}: ${message}`
  if (status === 401) {
    const hint = 'Check AUTH0_MGMT_CLIENT_ID and AUTH0_MGMT_CLIENT_SECRET.'
    return new ManagementError('invalid_client', `${description} ${hint}`, { status })
  }
  if (status === 403) {
    const hint = 'Authorize the client for the Auth0 Management API.'
    return new ManagementError('forbidden', `${description} ${hint}`, { status })
  }
  return errorFromResponse(status, message, headers)
}
