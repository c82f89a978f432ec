import type { FastifyRequest } from 'fastify'
import { reasonOf, StatusError } from '../plugins/errors.ts'
import type { ClientTokenErrorCode } from '../tokens/client-token.ts'
import { KeysUnavailableError } from '../tokens/errors.ts'
import { StoreUnavailableError } from './sessions/store.ts'
import { InvalidAnswerError, TenantRefusal, TenantUnavailableError } from './tenant/errors.ts'

/** What a person is told, in a title and a sentence, by a stable code that the log has too. */
const PROBLEMS = {
  protocol_insecure: ['This page is for https', 'Open it by its https address.'],
  parameters_invalid: [
    'This link does not work',
    'Something in its address is not as it should be.',
  ],
  state_unknown: ['This login is over', 'It was used, took too long, or began in another browser.'],
  answer_invalid: ['This login does not hold', 'The answer that came with it is not good.'],
  login_refused: ['You were not let in', 'The login service refused.'],
  too_many_logins: ['Too many logins', 'Wait a minute, and log in again.'],
  login_needed: ['You have to log in', 'The login service wants to see you first.'],
  login_ended: ['Your login has ended', 'Log in again to go on.'],
  request_forged: ['This request is not from here', 'It did not come from a page of this site.'],
  organization_refused: [
    'Another organization',
    'You logged in to another one than was asked for.',
  ],
  connection_unknown: ['There is no such connection', 'Nothing is set up under this name.'],
  connection_refused: ['The connection was refused', 'The login service gave no access to it.'],
  offline_access_refused: [
    'The connection was refused',
    'The login service gave no lasting access.',
  ],
  third_party_failed: [
    'The other side failed',
    'The service behind the connection gave no answer.',
  ],
  session_store_unavailable: ['Not now', 'Logins cannot be looked up. Try again in a moment.'],
  tenant_unavailable: ['Not now', 'The login service cannot be reached. Try again in a moment.'],
  keys_unavailable: ['Not now', 'Logins cannot be checked. Try again in a moment.'],
  logout_incomplete: [
    'You are logged out here',
    'The login service cannot be reached, and may still know you. Close the browser.',
  ],
} as const

export type Problem = keyof typeof PROBLEMS

export interface PageErrorOptions {
  /** What the tenant says of it, which is shown. */
  readonly said?: string | undefined
  /** Where one click leads on; a local path. */
  readonly next?: { readonly path: string; readonly label: string }
  readonly cause?: unknown
}

/** Ends a request with a page for a person, or with the status alone where a program asked. */
export class PageError extends StatusError {
  readonly title: string
  readonly text: string
  readonly said: string | undefined
  readonly next: PageErrorOptions['next']

  constructor(status: number, problem: Problem, options: PageErrorOptions = {}) {
    super(status, HEADERS[status], problem)
    const [title, text] = PROBLEMS[problem]
    this.title = title
    this.text = text
    this.said = options.said
    this.next = options.next
    this.cause = options.cause
  }
}

/** The ID token of a login was rejected. */
export class InvalidIdTokenError extends Error {
  override readonly name = 'InvalidIdTokenError'
  readonly code: ClientTokenErrorCode

  constructor(code: ClientTokenErrorCode) {
    super('The ID token was rejected')
    this.code = code
  }
}

/** RFC 9110 §15.5.2 wants a challenge with each 401: there is no registered one for a login page. */
const HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { 'www-authenticate': 'Cookie realm="pages"' },
  429: { 'retry-after': '60' },
  503: { 'retry-after': '2' },
}

const BEGIN_AGAIN = { path: '/login', label: 'Begin again' }

/** What the tenant refuses a login with (OpenID Connect Core §3.1.2.6), by status. */
const REFUSALS: ReadonlyMap<string, readonly [number, Problem]> = new Map([
  ['login_required', [401, 'login_needed']],
  ['interaction_required', [401, 'login_needed']],
  ['consent_required', [401, 'login_needed']],
  ['account_selection_required', [401, 'login_needed']],
  ['invalid_request', [400, 'login_refused']],
  ['invalid_scope', [400, 'login_refused']],
  ['invalid_grant', [400, 'login_refused']],
] as const)

/** Whatever was thrown, as an answer; what nobody foresaw stays as it is. */
export function problemOf(error: unknown): unknown {
  if (error instanceof StoreUnavailableError || error instanceof TenantUnavailableError) {
    return new PageError(503, error.code, { cause: error.cause })
  }
  if (error instanceof KeysUnavailableError) return new PageError(503, error.code)
  if (error instanceof TenantRefusal) {
    const [status, problem] = REFUSALS.get(error.code) ?? [403, 'login_refused']
    return new PageError(status, problem, { said: error.description, next: BEGIN_AGAIN })
  }
  if (error instanceof InvalidIdTokenError) {
    return error.code === 'organization_mismatch'
      ? new PageError(403, 'organization_refused', { next: BEGIN_AGAIN, cause: error })
      : new PageError(400, 'answer_invalid', { next: BEGIN_AGAIN, cause: error })
  }
  if (error instanceof InvalidAnswerError) {
    return new PageError(400, 'answer_invalid', { next: BEGIN_AGAIN, cause: error.cause })
  }
  const { code, validation } = Object(error) as { code?: unknown; validation?: unknown }
  if (validation !== undefined) return new PageError(400, 'parameters_invalid')
  if (String(code).startsWith('FST_CSRF_')) return new PageError(403, 'request_forged')
  return error
}

/** Logs why, by names alone: the texts of a cause may hold what it was about. */
export function logCauses({ log }: FastifyRequest, problem: unknown): void {
  const causes = namesOf(Object(problem).cause)
  if (causes.length > 0) log.warn({ event: 'page_failed', causes }, 'A page failed')
}

function namesOf(cause: unknown): string[] {
  if (!(cause instanceof Error)) return []
  const { code, error } = cause as { code?: unknown; error?: unknown }
  const names = [typeof code === 'string' ? code : cause.name, ...namesOf(cause.cause)]
  // An error code of the tenant (RFC 6749 §5.2).
  return typeof error === 'string' && /^\w{1,40}$/.test(error) ? [error, ...names] : names
}

/** The title of an error that is none of ours. */
export function titleOf(status: number): string {
  return reasonOf(status)
}
