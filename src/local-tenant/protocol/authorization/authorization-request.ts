import { isLoopback } from '../../../tokens/issuer.ts'
import type { Directory } from '../../directory/directory.ts'
import { requireInvitation } from '../../directory/invitations.ts'
import {
  type AllowedUris,
  type Client,
  type Invitation,
  isLoopbackRule,
  type Organization,
} from '../../directory/records.ts'
import { OAuthError } from '../oauth-error.ts'
import { type Parameters, parseParameters, parseScope } from '../parameters.ts'
import { checkOrganizationUsage } from './membership.ts'

/** How a response reaches the client, by the value of `response_mode`. */
export const RESPONSE_MODES = ['query', 'form_post', 'web_message'] as const
/** A SHA-256 in base64url. */
const SHA256 = /^[\w-]{43}$/

/** Where the response to an authorization request is sent. Client and redirect URI are validated. */
export interface ResponseTarget {
  /** Sent with the response, so that the client can tell who answered (RFC 9207). */
  readonly issuer: string
  readonly client: Client
  readonly redirectUri: string
  readonly state: string | undefined
  /**
   * A redirect, a form that the browser posts, or a message to the window that opened this one or contains
   * it (popup, silent renewal).
   */
  readonly mode: (typeof RESPONSE_MODES)[number]
}

/** A valid authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1). */
export interface AuthorizationRequest extends ResponseTarget {
  readonly audience: string | undefined
  readonly organization: Organization | undefined
  /** Makes the persona a member of the organization. */
  readonly invitation: Invitation | undefined
  /** As requested. What is granted of it is decided when tokens are issued. */
  readonly scope: readonly string[]
  readonly nonce: string | undefined
  readonly challenge: string | undefined
  /** Of the client's key, which the code is bound to (RFC 9449 §10). */
  readonly thumbprint: string | undefined
  readonly prompt: readonly string[]
  /** The maximum age of the login, in seconds. */
  readonly maxAge: number | undefined
  /** Of which the login must have one in `acr`, in order of preference. Empty for any login. */
  readonly acrValues: readonly string[]
  readonly loginHint: string | undefined
  readonly signup: boolean
}

/**
 * Validates client and redirect URI. Until this succeeds, no response may be sent to the client.
 *
 * @throws OAuthError to show to the user, never to redirect (RFC 6749 §4.1.2.1)
 */
export function parseResponseTarget(
  query: unknown,
  directory: Directory,
  issuer: string,
): ResponseTarget {
  const parameters = parseParameters(query)
  const { client_id: id, redirect_uri: redirectUri = '', state, response_mode: mode } = parameters
  const client = directory.clients.get(id)
  if (client === undefined) throw new OAuthError('unauthorized_client', 'Unknown client_id.')
  if (!isAllowedUri(redirectUri, client.redirectUris)) {
    throw new OAuthError('invalid_request', 'The redirect_uri is not allowed for this client.')
  }
  const known = RESPONSE_MODES.find((name) => name === mode)
  return { issuer, client, redirectUri, state, mode: known ?? 'query' }
}

/**
 * Validates the other parameters.
 *
 * @throws OAuthError to send to the client
 */
export function parseAuthorizationRequest(
  query: unknown,
  target: ResponseTarget,
  directory: Directory,
): AuthorizationRequest {
  const parameters = parseParameters(query)
  validateResponseType(parameters)
  const challenge = parseChallenge(parameters, target.client)
  const { organization: idOrName, scope, prompt = '' } = parameters
  const audience = directory.audienceOf(parameters)
  if (audience !== undefined && directory.api(audience) === undefined) {
    throw new OAuthError('access_denied', 'Unknown audience.')
  }
  checkOrganizationUsage(target.client, idOrName)
  const organization = directory.organization(idOrName)
  if (idOrName !== undefined && organization === undefined) {
    throw new OAuthError('invalid_request', 'Unknown organization.')
  }
  const { invitation: ticket, login_hint: loginHint } = parameters
  const invitation =
    ticket === undefined
      ? undefined
      : requireInvitation(directory, ticket, target.client, organization)
  const prompts = prompt.split(' ')
  if (prompts.includes('none') && prompts.length > 1) {
    throw new OAuthError('invalid_request', 'prompt=none cannot be combined with other values.')
  }
  return {
    ...target,
    audience,
    organization,
    invitation,
    scope: parseScope(scope),
    nonce: parameters['nonce'],
    challenge,
    thumbprint: parseThumbprint(parameters),
    prompt: prompts,
    maxAge: parseMaxAge(parameters),
    acrValues: parseScope(parameters['acr_values']),
    loginHint: loginHint ?? invitation?.invitee,
    signup: parameters['screen_hint'] === 'signup',
  }
}

/** Whether a client may be sent to a URL. */
export function isAllowedUri(uri: string, allowed: AllowedUris): boolean {
  return allowed.some((one) => (isLoopbackRule(one) ? matchesRule(uri, one) : uri === one))
}

function matchesRule(uri: string, rule: string): boolean {
  const path = rule.slice('loopback'.length)
  return isLoopbackUri(uri) && (path === '' || pathAndQuery(uri) === path)
}

/** As they are written: the parser of URLs resolves dot segments. */
function pathAndQuery(uri: string): string {
  return uri.replace(/^https?:\/\/[^/?]+/i, '') || '/'
}

/**
 * An http(s) URL of the characters of RFC 3986, without user info and fragment. The parser of URLs repairs others,
 * such as a backslash, so that the checked URL would be another one than that of the client.
 */
const PLAIN_URL = /^https?:\/\/[\w.:[\]-]+([/?][\w.~!$&'()*+,;=:@%/?-]*)?$/i

/** Whether a URL is on this machine and uses http or https (RFC 8252 §7.3). */
function isLoopbackUri(uri: string): boolean {
  return PLAIN_URL.test(uri) && URL.canParse(uri) && isLoopback(new URL(uri))
}

function validateResponseType({ response_type: type, response_mode: mode = 'query' }: Parameters) {
  if (type === undefined) {
    throw new OAuthError('invalid_request', 'Missing required parameter: response_type.')
  }
  if (type !== 'code') {
    throw new OAuthError('unsupported_response_type', 'response_type must be code.')
  }
  if (!RESPONSE_MODES.some((name) => name === mode)) {
    const problem = `response_mode must be one of ${RESPONSE_MODES.join(', ')}.`
    throw new OAuthError('invalid_request', problem)
  }
}

function parseThumbprint({ dpop_jkt: thumbprint }: Parameters): string | undefined {
  if (thumbprint === undefined || SHA256.test(thumbprint)) return thumbprint
  throw new OAuthError('invalid_request', 'dpop_jkt must be the SHA-256 thumbprint of a key.')
}

function parseMaxAge({ max_age: maxAge }: Parameters): number | undefined {
  if (maxAge === undefined) return undefined
  if (!/^\d{1,9}$/.test(maxAge)) {
    throw new OAuthError('invalid_request', 'max_age must be a number of seconds.')
  }
  return Number(maxAge)
}

function parseChallenge(parameters: Parameters, { secret }: Client): string | undefined {
  const { code_challenge: challenge, code_challenge_method: method } = parameters
  if (challenge === undefined && method === undefined && secret !== undefined) return undefined
  if (method !== 'S256' || challenge === undefined || !SHA256.test(challenge)) {
    const problem = 'A code_challenge with code_challenge_method=S256 is required.'
    throw new OAuthError('invalid_request', problem)
  }
  return challenge
}
