import { timingSafeEqual } from 'node:crypto'
import type { Client } from '../../directory/data.ts'
import type { Directory } from '../../directory/directory.ts'
import { OAuthError } from '../oauth-error.ts'
import type { Parameters } from '../parameters.ts'

/**
 * The client that calls: a confidential one by its secret, in the body or in HTTP Basic (RFC 6749
 * §2.3.1), a public one by its name alone (§3.2.1).
 *
 * @throws OAuthError `invalid_client`; `unauthorized_client` where it may not use the grant type
 */
export function identifyClient(
  directory: Directory,
  authorization: string | undefined,
  parameters: Parameters,
): Client {
  const { client_id: id, client_secret: secret = '' } =
    basicCredentials(authorization) ?? parameters
  const client = directory.clients.get(id)
  if (client === undefined || !equal(client.secret ?? '', secret)) {
    throw new OAuthError('invalid_client', 'The client is unknown or its secret is wrong.', 401)
  }
  const { grant_type: grantType = '' } = parameters
  if (!grantTypesOf(client).includes(grantType)) {
    const problem = `Grant type '${grantType}' not allowed for the client.`
    throw new OAuthError('unauthorized_client', problem)
  }
  return client
}

/** The grant types that a client may use; those of its kind where nobody said which. */
export function grantTypesOf({ grantTypes, secret }: Client): readonly string[] {
  const ofPublic = ['authorization_code', 'refresh_token']
  return grantTypes ?? (secret === undefined ? ofPublic : [...ofPublic, 'client_credentials'])
}

/**
 * The confidential client that calls.
 *
 * @throws OAuthError `invalid_client`; `unauthorized_client` for a public one
 */
export function authenticateClient(
  directory: Directory,
  authorization: string | undefined,
  parameters: Parameters,
): Client {
  const client = identifyClient(directory, authorization, parameters)
  if (client.secret === undefined) {
    throw new OAuthError('unauthorized_client', 'A public client cannot speak for itself.')
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
