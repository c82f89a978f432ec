import type { FastifyRequest } from 'fastify'
import { StatusError } from '../http/http-error.ts'
import { KeysUnavailableError } from '../tokens/errors.ts'
import { ERROR_TEXTS, type ErrorText, type PageErrorCode } from './error-texts.ts'
import { type PageLink, retryLink, type StartedLogin } from './retry.ts'
import { StoreUnavailableError } from './sessions/store.ts'
import {
  ClientRejectedError,
  InvalidIdTokenError,
  InvalidResponseError,
  TenantOAuthError,
  TenantUnavailableError,
} from './tenant/errors.ts'

export interface PageErrorOptions {
  /** The tenant's own message, which is shown. */
  readonly tenantMessage?: string | undefined
  /** The link on the page, beside the one to the home page. */
  readonly next?: PageLink | undefined
  readonly cause?: unknown
}

/** Ends a request with an error page, or with the status alone on routes for programs. */
export class PageError extends StatusError {
  readonly texts: ErrorText
  readonly tenantMessage: string | undefined
  readonly next: PageErrorOptions['next']

  constructor(status: number, code: PageErrorCode, options: PageErrorOptions = {}) {
    super(status, HEADERS[status], code)
    this.texts = ERROR_TEXTS[code]
    this.tenantMessage = options.tenantMessage
    this.next = options.next
    this.cause = options.cause
  }
}

/** RFC 9110 §15.5.2 requires a challenge with each 401. None is registered for login pages. */
const HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { 'www-authenticate': 'Cookie realm="pages"' },
  429: { 'retry-after': '60' },
  503: { 'retry-after': '2' },
}

/** OAuth error codes of a login (OpenID Connect Core §3.1.2.6). All others are 403. */
const OAUTH_ERRORS: ReadonlyMap<string, readonly [number, PageErrorCode]> = new Map([
  ['login_required', [401, 'login_needed']],
  ['interaction_required', [401, 'login_needed']],
  ['consent_required', [401, 'login_needed']],
  ['account_selection_required', [401, 'login_needed']],
  ['invalid_request', [400, 'login_refused']],
  ['invalid_scope', [400, 'login_refused']],
  ['invalid_grant', [400, 'login_refused']],
] as const)

/** The errors that are on our side or the tenant's. */
const UNAVAILABLE = [StoreUnavailableError, TenantUnavailableError, ClientRejectedError] as const

/**
 * Maps the errors of sessions, tokens and the tenant to a page. Returns unknown errors unchanged.
 *
 * @param login the login that failed, if one was started: the page links to the next one
 */
export function toPageError(error: unknown, login?: StartedLogin): unknown {
  const next = login && retryLink(error, login)
  if (UNAVAILABLE.some((Unavailable) => error instanceof Unavailable)) {
    const { code, cause } = error as InstanceType<(typeof UNAVAILABLE)[number]>
    return new PageError(503, code, { next, cause })
  }
  if (error instanceof KeysUnavailableError) return new PageError(503, error.code, { next })
  if (error instanceof TenantOAuthError) {
    const [status, code] = OAUTH_ERRORS.get(error.code) ?? [403, 'login_refused']
    return new PageError(status, code, { tenantMessage: error.description, next })
  }
  if (error instanceof InvalidIdTokenError) {
    return error.code === 'organization_mismatch'
      ? new PageError(403, 'organization_refused', { next, cause: error })
      : new PageError(400, 'answer_invalid', { next, cause: error })
  }
  if (error instanceof InvalidResponseError) {
    return new PageError(400, error.code, { next, cause: error.cause })
  }
  const { code, validation } = Object(error) as { code?: unknown; validation?: unknown }
  if (validation !== undefined) return new PageError(400, 'parameters_invalid')
  if (String(code).startsWith('FST_CSRF_')) return new PageError(403, 'request_forged')
  return error
}

/** Logs the causes of an error page. */
export function logCauses({ log }: FastifyRequest, error: unknown): void {
  const causes = causesOf(Object(error).cause)
  if (causes.length > 0) log.warn({ event: 'page_failed', causes }, 'Page request failed')
}

/** The names and codes of an error and its causes. Their messages may contain tokens or personal data. */
export function causesOf(cause: unknown): string[] {
  if (!(cause instanceof Error)) return []
  const { code, error } = cause as { code?: unknown; error?: unknown }
  const names = [typeof code === 'string' ? code : cause.name, ...causesOf(cause.cause)]
  // An error code of the tenant (RFC 6749 §5.2).
  return typeof error === 'string' && /^\w{1,40}$/.test(error) ? [error, ...names] : names
}
