/** Where a login leads that was not asked to lead anywhere, or to where it must not. */
export const DEFAULT_PATH = '/profile'

const MAX_LENGTH = 1024
/** A path of visible ASCII that no browser reads as another host, however it takes a backslash. */
const PATH = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/
/** Paths that begin or end a login: it would lead to itself. */
const CIRCULAR = /^\/(login|signup|callback|logout|backchannel-logout)(?![^/?#])/

/**
 * The path that a login may lead back to: one of this very server, in its normal form. Whatever
 * else was asked for gives the default path.
 */
export function localPath(asked: unknown): string {
  if (typeof asked !== 'string' || asked.length > MAX_LENGTH || !PATH.test(asked)) {
    return DEFAULT_PATH
  }
  const { pathname, search, hash } = new URL(asked, 'http://localhost')
  const path = `${pathname}${search}${hash}`
  return PATH.test(path) && !CIRCULAR.test(path) ? path : DEFAULT_PATH
}
