import type { Hint } from '../observability/request-log.ts'
import { anyToken } from '../tokens/bearer.ts'
import type { KeySetState } from '../tokens/keys/remote-jwks.ts'
import { adviceFor } from './advice.ts'
import {
  type ExplainedConfig,
  type ExplanationContext,
  inputFor,
  serverContext,
} from './explanation.ts'
import { originHint } from './origin-hint.ts'

/** What the hints depend on. */
export interface HintConfig extends ExplainedConfig {
  readonly clientOrigins: readonly string[]
}

/**
 * Creates the `hint` of a log line: why the request was rejected, or why a page cannot read the
 * response, for developers of clients.
 *
 * @param now milliseconds since the epoch
 * @param keySet how current the keys of an issuer are
 */
export function logHint(
  config: HintConfig,
  now: () => number,
  keySet: KeySetOf = () => undefined,
): Hint {
  const hintAtOrigin = originHint(config.clientOrigins)
  const context = serverContext(config)
  return (code, request) =>
    (code && tokenHint(code, request, context, now() / 1000, keySet)) ?? hintAtOrigin(request)
}

type KeySetOf = (issuer: string) => KeySetState | undefined

function tokenHint(
  code: string,
  { headers, hostname: host, routeOptions }: Parameters<Hint>[1],
  context: Omit<ExplanationContext, 'host' | 'now'>,
  now: number,
  keySet: KeySetOf,
): string | undefined {
  const { access } = routeOptions.config
  // On other routes, the rejected token is not an access token.
  if (access === undefined || access === 'public') return undefined
  const token = anyToken(headers.authorization)
  const input = inputFor(token, access, { ...context, host, now })
  return adviceFor(code, { ...input, keySet: keySet(input.expected.issuer) })
}
