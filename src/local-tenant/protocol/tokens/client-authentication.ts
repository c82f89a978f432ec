import { timingSafeEqual } from 'node:crypto'
import type { Directory } from '../../directory/directory.ts'
import type { Client } from '../../directory/records.ts'
import { OAuthError } from '../oauth-error.ts'
import type { Parameters } from '../parameters.ts'

/**
 * Identifies the client of a request: a confidential one by its secret, in the body or in HTTP Basic
 * (RFC 6749 §2.3.1), a public one by its id only (§3.2.1).
 *
 * @throws OAuthError `access_denied` as Auth0 does, not `invalid_client`
 */
export function requireClient(
  directory: Directory,
  authorization: string | undefined,
  parameters: Parameters,
): Client {
  const { client_id: id, client_secret: secret = '' } =
    basicCredentials(authorization) ?? parameters
  const client = directory.clients.get(id)
  if (client === undefined || !isEqual(client.secret ?? '', secret)) {
    throw new OAuthError('access_denied', 'Unauthorized', 401)
  }
  return client
}

/**
 * Identifies the client of a token request.
 *
 * @throws OAuthError `access_denied`; `unauthorized_client` if it may not use the grant type
 */
export function identifyClient(
  directory: Directory,
  authorization: string | undefined,
  parameters: Parameters,
): Client {
  const client = requireClient(directory, authorization, parameters)
  const { grant_type: grantType = '' } = parameters
  if (!grantTypesOf(client).includes(grantType)) {
    const problem = `Grant type '${grantType}' not allowed for the client.`
    throw new OAuthError('unauthorized_client', problem)
  }
  return client
}

/** The grant types that a client may use. */
export function grantTypesOf({ grantTypes, secret }: Client): readonly string[] {
  const loginGrantTypes = ['authorization_code', 'refresh_token']
  const defaults =
    secret === undefined ? loginGrantTypes : [...loginGrantTypes, 'client_credentials']
  return grantTypes ?? defaults
}

/**
 * Identifies the client of a token request and requires a confidential one.
 *
 * @throws OAuthError `access_denied`; `unauthorized_client` for a public one
 */
export function authenticateClient(
  directory: Directory,
  authorization: string | undefined,
  parameters: Parameters,
): Client {
  const client = identifyClient(directory, authorization, parameters)
  if (client.secret === undefined) {
    throw new OAuthError('unauthorized_client', 'Public clients cannot use this grant type.')
  }
  return client
}

function basicCredentials(authorization: string | undefined): Parameters | undefined {
  const [, encoded] = /^basic +([\w+/]+=*)$/i.exec(authorization ?? '') ?? []
  if (encoded === undefined) return undefined
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':')
  return { client_id: decodeForm(id), client_secret: decodeForm(secret.join(':')) }
}

/** Id and secret are form-encoded in HTTP Basic (RFC 6749 §2.3.1). */
function decodeForm(text: string): string {
  return String(new URLSearchParams(`value=${text}`).get('value'))
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
