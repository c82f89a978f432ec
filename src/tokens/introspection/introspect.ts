import { boundedFetch } from '../../utils/bounded-fetch.ts'
import { reportOperation } from '../../utils/operation.ts'
import { type Introspection, readError, readIntrospection } from './introspection-response.ts'

/** Where an issuer introspects its tokens (RFC 7662), and the client as which this server calls it. */
export interface IntrospectionEndpoint {
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  /** For connection, headers and body together, in milliseconds; 2 s by default. */
  readonly timeout?: number
}

/** For a call, in milliseconds. */
export const TIMEOUT_MS = 2_000
const MAX_BYTES = 64 * 1024

/**
 * `refused`: the endpoint does not accept the credentials of this server. `token`: it does not accept the form of
 * this token, although it works. `failed`: anything else.
 */
export type IntrospectionFailure = 'refused' | 'token' | 'failed'

/** The endpoint did not say whether a token is active. The message has no text of its response. */
export class IntrospectionError extends Error {
  override readonly name = 'IntrospectionError'
  readonly failure: IntrospectionFailure

  constructor(failure: IntrospectionFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.failure = failure
  }
}

/**
 * Asks the issuer about a token (RFC 7662 §2). Redirects are not followed, because they would pass on the token.
 * The response is read up to 64 KiB, and within 2 s.
 *
 * @throws IntrospectionError
 */
export function introspect(endpoint: IntrospectionEndpoint, token: string): Promise<Introspection> {
  const { hostname } = new URL(endpoint.url)
  const attributes = { 'server.address': hostname, 'http.request.method': 'POST' }
  return reportOperation({ name: 'introspect token', isRemote: true, attributes }, () =>
    call(endpoint, token),
  )
}

async function call(
  { url, clientId, clientSecret, timeout = TIMEOUT_MS }: IntrospectionEndpoint,
  token: string,
): Promise<Introspection> {
  const bounds = { timeoutMs: timeout, maxBytes: MAX_BYTES }
  const response = await boundedFetch(url, bounds, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      authorization: basicCredentials(clientId, clientSecret),
    },
    body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
  }).catch((cause: unknown) => {
    throw new IntrospectionError('failed', 'The introspection endpoint did not respond', { cause })
  })
  const { status, headers } = response
  const body = await response.text()
  if (status !== 200) {
    throw new IntrospectionError(
      failureOf(status, body),
      `The introspection endpoint returned HTTP ${status}`,
    )
  }
  const introspection = readIntrospection(headers.get('content-type'), body)
  if (introspection === undefined) {
    throw new IntrospectionError('failed', 'The response is not an introspection response in JSON')
  }
  return introspection
}

/** These are about the token, and not about the endpoint: malformed, too large, not processable. */
const OF_TOKEN = [400, 413, 414, 422, 431]

/** Errors about the client that calls, which is this server (RFC 6749 §5.2). Their status may be 400 too. */
const OF_CREDENTIALS: readonly unknown[] = ['invalid_client', 'unauthorized_client']

function failureOf(status: number, body: string): IntrospectionFailure {
  if (status === 401 || status === 403) return 'refused'
  if (status === 400 && OF_CREDENTIALS.includes(readError(body))) return 'refused'
  return OF_TOKEN.includes(status) ? 'token' : 'failed'
}

/** The halves are encoded as in forms before they are joined (RFC 6749 §2.3.1). */
function basicCredentials(clientId: string, clientSecret: string): string {
  const pair = [clientId, clientSecret].map(formEncoded).join(':')
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}
