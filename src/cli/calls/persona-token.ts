import type { Environment } from '../../config/environment.ts'
import { tenantOrigin } from '../../config/tenant-port.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { callLocalTenant } from '../support/local-tenant.ts'
import { type ExchangeOptions, exchange, type SchemedToken } from './exchange.ts'

/** For someone who asked for a bound token and got another one. */
const PLAIN_TOKEN_NOTE =
  'The token is not bound to the key: the API at the tenant does not allow it (proofOfPossession).'

const NO_CLAIMS_NOTE =
  'The token says nothing about the second factor (authenticationClaims is none). Set "authenticationClaims" to "namespaced" or "standard" in the data of the local tenant.'

/** An option of the commands that get a token. */
export const SECOND_FACTOR_OPTION = {
  'second-factor': {
    type: 'boolean',
    default: false,
    description: 'A token as after a login with the second factor (acr)',
  },
} as const

/** The tenant works, and gives no token for this request. */
export class TokenRefusedError extends Error {}

export interface PersonaTokenOptions extends Omit<ExchangeOptions, 'send'> {
  /** Whether the token is as after a login with the second factor. */
  readonly secondFactor?: boolean
}

/**
 * Requests an access token of the local tenant for a persona.
 *
 * @param options with the key that the token should be bound to, and whether the second factor is used
 * @throws UsageError if there is no such persona; TokenRefusedError with the reason of the local tenant; Error if it
 *   does not respond, or fails
 */
export async function requestPersonaToken(
  sources: readonly Environment[],
  persona: string,
  { signer, show, secondFactor = false }: PersonaTokenOptions,
): Promise<SchemedToken & { readonly response: object }> {
  const grant_type = 'urn:local-tenant:grant-type:persona'
  const body = new URLSearchParams({
    grant_type,
    persona,
    ...(secondFactor && { second_factor: 'true' }),
  })
  const url = `${tenantOrigin(sources)}/oauth/token`
  const { status, body: text } = await exchange(
    { method: 'POST', url, proofUri: url },
    {
      signer,
      show,
      send: (headers) =>
        callLocalTenant(sources, '/oauth/token', { method: 'POST', body, headers }),
    },
  )
  const response = parse(text)
  const {
    access_token: token,
    token_type: type,
    error_description: problem = `The server at ${tenantOrigin(sources)} is not a tenant.`,
    error,
  } = response
  if (error === 'invalid_grant') throw new UsageError(problem)
  if (status === 400 && error !== undefined) throw new TokenRefusedError(problem)
  if (token === undefined) throw new Error(problem)
  return { type: type === 'DPoP' ? type : 'Bearer', token, response }
}

/** What was asked for, by the options of the commands. */
interface Wanted {
  readonly dpop: boolean | undefined
  readonly 'second-factor': boolean | undefined
}

/**
 * What someone has to know about a token that does not show all that was asked for.
 *
 * @throws Error if the local tenant does not respond
 */
export async function tokenNotes(
  sources: readonly Environment[],
  { type }: Pick<SchemedToken, 'type'>,
  { dpop, 'second-factor': secondFactor }: Wanted,
): Promise<string[]> {
  return [
    ...(dpop && type !== 'DPoP' ? [PLAIN_TOKEN_NOTE] : []),
    ...(secondFactor && !(await hasLoginClaims(sources)) ? [NO_CLAIMS_NOTE] : []),
  ]
}

/** Whether access tokens say how somebody logged in. */
async function hasLoginClaims(sources: readonly Environment[]): Promise<boolean> {
  const response = await callLocalTenant(sources, '/local-tenant/environment', {})
  const { variables = {} } = (await response.json()) as { readonly variables?: object }
  return 'ACR_CLAIM' in variables
}

function parse(text: string): Record<string, string | undefined> {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
