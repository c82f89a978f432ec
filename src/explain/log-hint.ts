import type { Hint } from '../observability/request-log.ts'
import { bearerToken } from '../tokens/bearer.ts'
import { adviceOn } from './advice.ts'
import type { Context } from './explanation.ts'

/**
 * The explanation of a refusal for the log of whoever develops a client.
 *
 * @param now milliseconds since the epoch
 */
export function logHint(context: Omit<Context, 'host' | 'now'>, now: () => number): Hint {
  return (code, { headers, hostname, routeOptions }) => {
    const { access } = routeOptions.config
    // Elsewhere it is no access token that was refused.
    if (access === undefined || access === 'public') return undefined
    const { value: token = '' } = bearerToken([headers.authorization ?? ''])
    const situation = { ...context, token, requirements: access, host: hostname, now: now() / 1000 }
    return adviceOn(code, situation)
  }
}
