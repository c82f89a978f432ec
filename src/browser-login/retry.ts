import { InvalidIdTokenError, TenantOAuthError } from './tenant/errors.ts'

/** A link on a page. The path is local. */
export interface PageLink {
  readonly path: string
  readonly label: string
}

/** A login that was started with `/login` or `/signup`. */
export interface StartedLogin {
  /** The parameters of the link that are sent to the tenant, such as `organization`. */
  readonly parameters: Readonly<Record<string, string>>
  /** The path to redirect to afterwards. */
  readonly returnTo: string
}

/** What the next login changes. */
interface Change {
  readonly prompt?: 'login' | 'consent' | 'select_account'
  /** Whether the parameters of the link may be the reason, so that the next login leaves them out. */
  readonly dropsParameters?: boolean
  readonly label: string
}

const SAME: Change = { label: 'Log in again' }
const FRESH: Change = { ...SAME, prompt: 'login' }
const WITHOUT_PARAMETERS: Change = { ...SAME, dropsParameters: true }
/** Without `prompt`, the tenant logs in with the account of its session, which failed. */
const OTHER_ACCOUNT: Change = { prompt: 'login', label: 'Log in with a different account' }

/** By OAuth error code (OpenID Connect Core §3.1.2.6). For all others, the account is the reason. */
const CHANGES: ReadonlyMap<string, Change> = new Map([
  ['login_required', SAME],
  ['interaction_required', SAME],
  ['consent_required', { ...SAME, prompt: 'consent' }],
  ['account_selection_required', { ...SAME, prompt: 'select_account' }],
  ['invalid_grant', SAME],
  ['invalid_request', WITHOUT_PARAMETERS],
  ['invalid_scope', WITHOUT_PARAMETERS],
] as const)

/** For a login of which nothing is known. */
export const NEW_LOGIN: PageLink = { path: '/login', label: SAME.label }

/** The link on the error page of a login that failed. It changes what failed. */
export function retryLink(error: unknown, { parameters, returnTo }: StartedLogin): PageLink {
  const { prompt, dropsParameters = false, label } = changeAfter(error)
  const { prompt: _failed, ...kept } = parameters
  const query = new URLSearchParams({
    ...(!dropsParameters && kept),
    ...(prompt !== undefined && { prompt }),
    returnTo,
  })
  return { path: `/login?${query}`, label }
}

function changeAfter(error: unknown): Change {
  if (error instanceof TenantOAuthError) return CHANGES.get(error.code) ?? OTHER_ACCOUNT
  if (!(error instanceof InvalidIdTokenError)) return SAME
  if (error.code === 'organization_mismatch') return OTHER_ACCOUNT
  return error.code === 'login_too_old' ? FRESH : SAME
}
