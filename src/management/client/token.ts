import { errorOf, ManagementError, said } from './errors.ts'

/** How a program shows who it is to the Management API. */
export type Credentials =
  | { readonly clientId: string; readonly clientSecret: string }
  | { readonly token: string }

/** A token is renewed this long before it expires, in milliseconds. */
const LEEWAY = 60_000

/** The access token for the Management API of a tenant, got once for all callers, in memory alone. */
export class ManagementToken {
  readonly #issuer: string
  readonly #credentials: Credentials
  readonly #fetch: typeof fetch
  #token: Promise<string> | undefined
  /** In milliseconds since the epoch; never while a token is on its way. */
  #renewAt = 0

  /** @param issuer with the slash */
  constructor(issuer: string, credentials: Credentials, fetcher: typeof fetch) {
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

  /** The scopes that the token says it has; undefined where it does not say. */
  async scopes(): Promise<ReadonlySet<string> | undefined> {
    const [, payload = ''] = (await this.get()).split('.')
    try {
      const { scope } = JSON.parse(Buffer.from(payload, 'base64url').toString())
      return typeof scope === 'string' ? new Set(scope.split(' ')) : undefined
    } catch {
      return undefined
    }
  }

  /** By client credentials (RFC 6749 §4.4). The SDK's own way speaks https alone. */
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
    if (token === undefined || seconds === undefined) throw refusal(response, body)
    this.#renewAt = Date.now() + seconds * 1000 - LEEWAY
    return token
  }
}

interface TokenResponse {
  readonly access_token?: string
  /** Seconds. */
  readonly expires_in?: number
}

function refusal({ status, headers }: Response, body: unknown): ManagementError {
  const answer = `The tenant answers ${status} at its token endpoint: ${said(body)}`
  if (status === 401) {
    const hint = 'See AUTH0_MGMT_CLIENT_ID and AUTH0_MGMT_CLIENT_SECRET.'
    return new ManagementError('invalid_client', `${answer} ${hint}`, { status })
  }
  if (status === 403) {
    const hint = 'Authorize the client for the Auth0 Management API.'
    return new ManagementError('forbidden', `${answer} ${hint}`, { status })
  }
  return errorOf(status, said(body), headers)
}
