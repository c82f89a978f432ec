import { randomBytes } from 'node:crypto'
import { type Connection, FEDERATED_GRANT } from '../../directory/data.ts'
import type { Directory } from '../../directory/directory.ts'
import { OAuthError } from '../oauth-error.ts'
import { type Parameters, required } from '../parameters.ts'
import { authenticateClient } from './client-authentication.ts'
import type { Grant, Grants } from './grants.ts'

const REFRESH_TOKEN = 'urn:ietf:params:oauth:token-type:refresh_token'
const FEDERATED_TOKEN = 'http://auth0.com/oauth/token-type/federated-connection-access-token'

/** How long an exchanged token lasts, in seconds. */
const LIFETIME = 3600

interface FederatedToken {
  readonly connection: Connection
  readonly grant: Grant
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** What the tenant answers to an exchange (RFC 8693 §2.2.1). */
export interface FederatedTokenResponse {
  readonly access_token: string
  readonly issued_token_type: string
  readonly token_type: 'Bearer'
  readonly expires_in: number
  readonly scope: string
}

/** Access tokens of third parties, in exchange for refresh tokens; both parties are this tenant. */
export class FederatedTokens {
  readonly #directory: Directory
  readonly #grants: Grants
  readonly #tokens = new Map<string, FederatedToken>()

  constructor(directory: Directory, grants: Grants) {
    this.#directory = directory
    this.#grants = grants
  }

  /**
   * The federated grant of the token endpoint (RFC 8693 §2.1, the vendor's Token Vault).
   *
   * @throws OAuthError `federated_connection_refresh_token_not_found` where the person has no
   *   account at the connection; `invalid_grant` where the refresh token is not good
   */
  exchange(parameters: Parameters, authorization: string | undefined): FederatedTokenResponse {
    const client = authenticateClient(this.#directory, authorization, parameters)
    expect(parameters, 'subject_token_type', REFRESH_TOKEN)
    expect(parameters, 'requested_token_type', FEDERATED_TOKEN)
    const name = required(parameters, 'connection')
    const grant = this.#grants.refresh(required(parameters, 'subject_token'), client)
    if (grant === undefined) {
      throw new OAuthError('invalid_grant', 'Unknown or invalid refresh token.')
    }
    const connection = this.#directory.connections.find((candidate) => candidate.name === name)
    if (connection === undefined) {
      throw new OAuthError('invalid_request', `There is no connection ${name}.`)
    }
    if (connection.scopes.length === 0) {
      const problem = 'Federated connection Refresh Token not found.'
      throw new OAuthError('federated_connection_refresh_token_not_found', problem, 401)
    }
    const token = `fct.${randomBytes(24).toString('base64url')}`
    this.#tokens.set(token, { connection, grant, expiresAt: Date.now() + LIFETIME * 1000 })
    return {
      access_token: token,
      issued_token_type: FEDERATED_TOKEN,
      token_type: 'Bearer',
      expires_in: LIFETIME,
      scope: connection.scopes.join(' '),
    }
  }

  /** Whom an exchanged token speaks for at a connection, while it is good. */
  grantOf(token: string, connection: string): Grant | undefined {
    const found = this.#tokens.get(token)
    if (found === undefined || found.connection.name !== connection) return undefined
    return found.grant.revoked || Date.now() >= found.expiresAt ? undefined : found.grant
  }
}

/** @throws OAuthError `invalid_request` where the parameter has another value */
function expect(parameters: Parameters, name: string, value: string): void {
  if (required(parameters, name) === value) return
  throw new OAuthError('invalid_request', `The only ${name} for ${FEDERATED_GRANT} is ${value}.`)
}
