/** Fallback redirect path. */
export const DEFAULT_PATH = '/profile'

const MAX_LENGTH = 1024
/** A path of visible ASCII that browsers cannot read as another host; some take a backslash as a slash. */
const PATH = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/
/** Paths that start or end a login: redirecting to them would loop, or log out. */
const CIRCULAR = /^\/(login|signup|callback|logout|backchannel-logout)(?![^/?#])/

/**
 * Validates the path to redirect to after a login: a path of this server, in its normal form.
 * Returns the fallback path for anything else.
 */
export function localPath(returnTo: unknown): string {
  if (typeof returnTo !== 'string' || returnTo.length > MAX_LENGTH || !PATH.test(returnTo)) {
    return DEFAULT_PATH
  }
  const { pathname, search, hash } = new URL(returnTo, 'http://localhost')
  const path = `${pathname}${search}${hash}`
  return PATH.test(path) && !CIRCULAR.test(path) ? path : DEFAULT_PATH
}
