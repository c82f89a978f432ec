import { isLoopback } from '../../../tokens/issuer.ts'
import type { AllowedUris, Client, Organization } from '../../directory/data.ts'
import type { Directory } from '../../directory/directory.ts'
import { type Invitation, invitationOf } from '../../directory/invitations.ts'
import { OAuthError } from '../oauth-error.ts'
import { type Parameters, parametersOf } from '../parameters.ts'

const SCOPES = ['openid', 'profile', 'email', 'offline_access']
const CHALLENGE = /^[\w-]{43}$/

/** Where the answer to an authorization request goes, once client and redirect URI are known good. */
export interface ReturnAddress {
  readonly client: Client
  readonly redirectUri: string
  readonly state: string | undefined
  /** By redirect, or by a message to the window around a hidden frame (silent renewal). */
  readonly mode: 'query' | 'web_message'
}

/** An authorization request that holds (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1). */
export interface AuthorizationRequest extends ReturnAddress {
  readonly audience: string | undefined
  readonly organization: Organization | undefined
  /** What makes the person a member of that organization. */
  readonly invitation: Invitation | undefined
  readonly scope: readonly string[]
  readonly nonce: string | undefined
  readonly challenge: string | undefined
  readonly prompt: readonly string[]
  /** How old a login may be, in seconds. */
  readonly maxAge: number | undefined
  readonly loginHint: string | undefined
  readonly signup: boolean
}

/**
 * Judges client and redirect URI, before which nothing may be sent anywhere.
 *
 * @throws OAuthError for a person to read; never to be redirected (RFC 6749 §4.1.2.1)
 */
export function readReturnAddress(query: unknown, directory: Directory): ReturnAddress {
  const parameters = parametersOf(query)
  const { client_id: id, redirect_uri: redirectUri = '', state, response_mode: mode } = parameters
  const client = directory.clients.get(id)
  if (client === undefined) throw new OAuthError('unauthorized_client', 'There is no such client.')
  if (!isAllowed(redirectUri, client.redirectUris)) {
    throw new OAuthError('invalid_request', 'The client may not be reached at this redirect_uri.')
  }
  return { client, redirectUri, state, mode: mode === 'web_message' ? mode : 'query' }
}

/**
 * Judges the rest of the request, in order.
 *
 * @throws OAuthError that is told to the client
 */
export function readAuthorizationRequest(
  query: unknown,
  address: ReturnAddress,
  directory: Directory,
): AuthorizationRequest {
  const parameters = parametersOf(query)
  checkResponse(parameters)
  const challenge = readChallenge(parameters, address.client)
  const { audience, organization, scope = '', prompt = '', login_hint: loginHint } = parameters
  if (audience !== undefined && directory.api(audience) === undefined) {
    throw new OAuthError('access_denied', 'There is no API with this audience.')
  }
  const found = directory.organization(organization)
  if (organization !== undefined && found === undefined) {
    throw new OAuthError('invalid_request', 'There is no such organization.')
  }
  const { invitation: ticket } = parameters
  const invitation =
    ticket === undefined ? undefined : invitationOf(directory, ticket, address.client, found)
  const prompts = prompt.split(' ')
  if (prompts.includes('none') && prompts.length > 1) {
    throw new OAuthError('invalid_request', 'prompt=none goes with no other.')
  }
  return {
    ...address,
    audience,
    organization: found,
    invitation,
    scope: scope.split(' ').filter((name) => SCOPES.includes(name)),
    nonce: parameters['nonce'],
    challenge,
    prompt: prompts,
    maxAge: readMaxAge(parameters),
    loginHint: loginHint ?? invitation?.invitee,
    signup: parameters['screen_hint'] === 'signup',
  }
}

/** Whether an address is one that a client may be sent to. */
export function isAllowed(uri: string, allowed: AllowedUris): boolean {
  if (typeof allowed !== 'string') return allowed.includes(uri)
  const path = allowed.slice('loopback'.length)
  return isLoopbackAddress(uri) && (path === '' || pathOf(uri) === path)
}

function pathOf(uri: string): string {
  const { pathname, search } = new URL(uri)
  return `${pathname}${search}`
}

/** An address on this machine, over http (RFC 8252 §7.3). */
function isLoopbackAddress(uri: string): boolean {
  if (!URL.canParse(uri)) return false
  const url = new URL(uri)
  const bare = url.username === '' && url.password === '' && url.hash === ''
  return url.protocol === 'http:' && bare && isLoopback(url)
}

function checkResponse({ response_type: type, response_mode: mode = 'query' }: Parameters): void {
  if (type === undefined) throw new OAuthError('invalid_request', 'response_type is missing.')
  if (type !== 'code') {
    throw new OAuthError('unsupported_response_type', 'The only response_type is code.')
  }
  if (mode !== 'query' && mode !== 'web_message') {
    throw new OAuthError('invalid_request', 'The response modes are query and web_message.')
  }
}

function readMaxAge({ max_age: maxAge }: Parameters): number | undefined {
  if (maxAge === undefined) return undefined
  if (!/^\d{1,9}$/.test(maxAge)) {
    throw new OAuthError('invalid_request', 'max_age is a number of seconds.')
  }
  return Number(maxAge)
}

function readChallenge(parameters: Parameters, { secret }: Client): string | undefined {
  const { code_challenge: challenge, code_challenge_method: method } = parameters
  if (challenge === undefined && method === undefined && secret !== undefined) return undefined
  if (method !== 'S256' || challenge === undefined || !CHALLENGE.test(challenge)) {
    throw new OAuthError('invalid_request', 'A code_challenge with the method S256 is needed.')
  }
  return challenge
}
