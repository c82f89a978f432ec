import type { Hint } from '../observability/request-log.ts'
import { bearerToken } from '../tokens/bearer.ts'
import { adviceFor } from './advice.ts'
import type { ExplanationContext } from './explanation.ts'

/**
 * Creates the `hint` of a log line: why the request was rejected, for developers of clients.
 *
 * @param now milliseconds since the epoch
 */
export function logHint(
  context: Omit<ExplanationContext, 'host' | 'now'>,
  now: () => number,
): Hint {
  return (code, { headers, hostname, routeOptions }) => {
    const { access } = routeOptions.config
    // On other routes, the rejected token is not an access token.
    if (access === undefined || access === 'public') return undefined
    const { value: token = '' } = bearerToken([headers.authorization ?? ''])
    const input = { ...context, token, requirements: access, host: hostname, now: now() / 1000 }
    return adviceFor(code, input)
  }
}
