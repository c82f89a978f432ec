import { randomBytes } from 'node:crypto'
import type { Directory } from '../../directory/directory.ts'
import type { Client, Connection } from '../../directory/records.ts'
import { FEDERATED_GRANT } from '../grant-types.ts'
import { OAuthError } from '../oauth-error.ts'
import { type Parameters, requireParameter } from '../parameters.ts'
import type { Grant, Grants } from './grants.ts'

const REFRESH_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:refresh_token'
const FEDERATED_TOKEN_TYPE = 'http://auth0.com/oauth/token-type/federated-connection-access-token'

const LIFETIME_SECONDS = 3600

interface FederatedToken {
  readonly connection: Connection
  readonly grant: Grant
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** A successful token exchange (RFC 8693 §2.2.1). */
export interface FederatedTokenResponse {
  readonly access_token: string
  readonly issued_token_type: string
  readonly token_type: 'Bearer'
  readonly expires_in: number
  readonly scope: string
}

/** Access tokens for third-party APIs. The tenant plays the third party too. */
export class FederatedTokens {
  readonly #directory: Directory
  readonly #grants: Grants
  readonly #tokens = new Map<string, FederatedToken>()

  constructor(directory: Directory, grants: Grants) {
    this.#directory = directory
    this.#grants = grants
  }

  /**
   * Exchanges a refresh token for a third-party access token (RFC 8693 §2.1, Auth0 Token Vault).
   *
   * @throws OAuthError `federated_connection_refresh_token_not_found` if the connection has no
   *   third-party API; `invalid_grant` if the refresh token is invalid
   */
  exchange(parameters: Parameters, client: Client): FederatedTokenResponse {
    requireValue(parameters, 'subject_token_type', REFRESH_TOKEN_TYPE)
    requireValue(parameters, 'requested_token_type', FEDERATED_TOKEN_TYPE)
    const name = requireParameter(parameters, 'connection')
    const refreshToken = requireParameter(parameters, 'subject_token')
    const grant = this.#grants.useRefreshToken(refreshToken, client)
    if (grant === undefined) {
      throw new OAuthError('invalid_grant', 'Unknown or invalid refresh token.')
    }
    const connection = this.#directory.connections.find((candidate) => candidate.name === name)
    if (connection === undefined) {
      throw new OAuthError('invalid_request', `Unknown connection: ${name}.`)
    }
    if (connection.scopes.length === 0) {
      const problem = 'Federated connection Refresh Token not found.'
      throw new OAuthError('federated_connection_refresh_token_not_found', problem, 401)
    }
    const token = `fct.${randomBytes(24).toString('base64url')}`
    this.#tokens.set(token, { connection, grant, expiresAt: Date.now() + LIFETIME_SECONDS * 1000 })
    return {
      access_token: token,
      issued_token_type: FEDERATED_TOKEN_TYPE,
      token_type: 'Bearer',
      expires_in: LIFETIME_SECONDS,
      scope: connection.scopes.join(' '),
    }
  }

  /** The grant of a valid token for a connection. */
  grantOf(token: string, connection: string): Grant | undefined {
    const found = this.#tokens.get(token)
    if (found === undefined || found.connection.name !== connection) return undefined
    return found.grant.revoked || Date.now() >= found.expiresAt ? undefined : found.grant
  }
}

/** @throws OAuthError `invalid_request` if the parameter has another value */
function requireValue(parameters: Parameters, name: string, value: string): void {
  if (requireParameter(parameters, name) === value) return
  throw new OAuthError('invalid_request', `${name} for ${FEDERATED_GRANT} must be ${value}.`)
}
