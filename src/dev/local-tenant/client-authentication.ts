import { timingSafeEqual } from 'node:crypto'
import { type Client, clients } from './data.ts'
import { OAuthError } from './oauth-error.ts'
import type { Parameters } from './parameters.ts'

/**
 * The confidential client that calls, by its secret in the body or in HTTP Basic (RFC 6749 §2.3.1).
 *
 * @throws OAuthError `invalid_client`
 */
export function authenticateClient(
  authorization: string | undefined,
  parameters: Parameters,
): Client {
  const basic = basicCredentials(authorization)
  const { client_id: id, client_secret: secret } = basic ?? parameters
  const client = clients.find((candidate) => candidate.id === id)
  if (client?.secret === undefined || secret === undefined || !equal(client.secret, secret)) {
    throw new OAuthError('invalid_client', 'The client is unknown or its secret is wrong.', 401)
  }
  return client
}

function basicCredentials(authorization: string | undefined): Parameters | undefined {
  const [, encoded] = /^basic +([\w+/]+=*)$/i.exec(authorization ?? '') ?? []
  if (encoded === undefined) return undefined
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':')
  return { client_id: formDecoded(id), client_secret: formDecoded(secret.join(':')) }
}

/** Both halves of Basic credentials are form-encoded before they are joined (RFC 6749 §2.3.1). */
function formDecoded(text: string): string {
  return String(new URLSearchParams(`value=${text}`).get('value'))
}

function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
