/** Who can do something about an error. */
export type Turn = 'user' | 'operator' | 'tenant' | 'third party'

export interface ErrorText {
  readonly title: string
  /** What happened. */
  readonly text: string
  readonly turn: Turn
  /** What they can do, or what the user can do in the meantime. */
  readonly advice: string
}

const WAIT = 'There is nothing wrong on your side. Try again in a moment.'
const LOG_IN_AGAIN = 'Log in again. If that fails too, tell the operator of this site.'
const TELL_OPERATOR = 'There is nothing wrong on your side. Tell the operator of this site.'
const UNAVAILABLE = 'Service temporarily unavailable'

/** The texts of each error page. The codes are shown and logged. */
export const ERROR_TEXTS = {
  protocol_insecure: {
    title: 'HTTPS required',
    text: 'This page was requested without encryption.',
    turn: 'user',
    advice: 'Open this page by its https:// address.',
  },
  parameters_invalid: {
    title: 'This link does not work',
    text: 'Its address has an invalid parameter.',
    turn: 'user',
    advice: 'Check that the address is complete, or ask for a new link where you got it.',
  },
  state_unknown: {
    title: 'This login link has expired or was already used',
    text: 'A login has to be completed within 10 minutes, in the browser where it was started.',
    turn: 'user',
    advice: 'Log in again.',
  },
  answer_invalid: {
    title: 'Login failed',
    text: 'The response of the login service is invalid.',
    turn: 'tenant',
    advice: LOG_IN_AGAIN,
  },
  login_refused: {
    title: 'Login denied',
    text: 'The login service rejected this login.',
    turn: 'user',
    advice: 'Try the button below. If you should have access, tell the operator of this site.',
  },
  too_many_logins: {
    title: 'Too many logins',
    text: 'Too many logins were started from your network.',
    turn: 'user',
    advice: 'Wait a minute, then log in again.',
  },
  login_needed: {
    title: 'Login required',
    text: 'This page is only for people who are logged in.',
    turn: 'user',
    advice: 'Log in to continue. You will return to this page.',
  },
  login_ended: {
    title: 'Your session has ended',
    text: 'It ended because of its age, or you logged out elsewhere.',
    turn: 'user',
    advice: 'Log in again to continue.',
  },
  request_forged: {
    title: 'Request blocked (CSRF)',
    text: 'It was not sent by a current page of this site.',
    turn: 'user',
    advice: 'Reload the page and try again.',
  },
  organization_refused: {
    title: 'Wrong organization',
    text: 'You logged in to a different organization than the one requested.',
    turn: 'user',
    advice: 'Log in with an account that is a member of the requested organization.',
  },
  connection_unknown: {
    title: 'Unknown connection',
    text: 'No connection with this name is configured.',
    turn: 'operator',
    advice: 'Choose one on the home page. If it should exist, tell the operator of this site.',
  },
  connection_refused: {
    title: 'Access denied',
    text: 'The login service denied access to this connection.',
    turn: 'user',
    advice: 'Log in once more and allow access.',
  },
  offline_access_refused: {
    title: 'Access denied',
    text: 'The login service did not grant offline access, which this connection needs.',
    turn: 'operator',
    advice: TELL_OPERATOR,
  },
  third_party_failed: {
    title: 'Third-party service failed',
    text: 'The service behind this connection did not return a valid response.',
    turn: 'third party',
    advice: WAIT,
  },
  session_store_unavailable: {
    title: UNAVAILABLE,
    text: 'Your session cannot be loaded right now.',
    turn: 'operator',
    advice: WAIT,
  },
  tenant_unavailable: {
    title: UNAVAILABLE,
    text: 'The login service is unavailable.',
    turn: 'tenant',
    advice: WAIT,
  },
  client_rejected: {
    title: UNAVAILABLE,
    text: 'The login service does not accept this site.',
    turn: 'operator',
    advice: TELL_OPERATOR,
  },
  keys_unavailable: {
    title: UNAVAILABLE,
    text: 'Logins cannot be verified right now.',
    turn: 'tenant',
    advice: WAIT,
  },
  logout_incomplete: {
    title: 'You are logged out of this site',
    text: 'The login service is unavailable, so you may still be logged in there.',
    turn: 'user',
    advice: 'Close the browser to end that session too.',
  },
} as const satisfies Record<string, ErrorText>

/** For errors that have no page of their own. */
export const OTHER_ERRORS = {
  client: {
    text: 'The server cannot handle this request.',
    turn: 'user',
    advice: 'Go back to the home page and start from there.',
  },
  server: {
    text: 'Something failed on this site.',
    turn: 'operator',
    advice: WAIT,
  },
} as const

export type PageErrorCode = keyof typeof ERROR_TEXTS
