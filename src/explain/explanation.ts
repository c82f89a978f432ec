import type { RejectionCode } from '../access/challenge.ts'
import type { AccessPolicy, Requirements } from '../access/policy.ts'
import { metadataUrls } from '../tokens/keys/discover-jwks-uri.ts'
import { assertDefined } from '../utils/assert-defined.ts'
import { adviceFor, decodedOrEmpty, HOST_NOT_ALLOWED } from './advice.ts'
import { type Check, checksOf } from './checks.ts'
import type { ExplanationInput } from './explanation-input.ts'

/** The server's response to a request with the token. */
export interface ServerAnswer {
  readonly status: number
  readonly message: string
  /** The value of `WWW-Authenticate`. */
  readonly challenge?: string | undefined
  /** Why the server did not serve the request. */
  readonly code?: string | undefined
}

/** The output of `explain --json`. */
export interface Explanation {
  readonly result: 'accepted' | 'refused' | 'undecided'
  readonly answer: ServerAnswer
  /** What a server answers that starts now, if that differs. */
  readonly freshAnswer?: ServerAnswer
  /** Why the token was rejected, or could not be checked. */
  readonly code?: string
  readonly advice?: string
  /** The name of the policy's own check, which needs a real request. */
  readonly pendingCheck?: string
  /** Empty for a public route, which does not check tokens. */
  readonly checks: readonly Check[]
}

/** What is the same for all tokens and routes. */
export type ExplanationContext = Omit<ExplanationInput, 'token' | 'requirements' | 'jwksUrl'>

/** What is the same for all requests to a server. */
export type ServerContext = Omit<ExplanationContext, 'host' | 'now' | 'keySet'>

/** The part of the configuration on which decisions depend. */
export interface ExplainedConfig extends Omit<ServerContext, 'expected' | 'introspectionUrl'> {
  readonly tokens: ServerContext['expected']
  readonly introspection: { readonly endpoint: { readonly url: string } } | undefined
}

export function serverContext({
  tokens: expected,
  issuers,
  organizations,
  provider,
  introspection,
}: ExplainedConfig): ServerContext {
  return {
    ...{ expected, issuers, organizations, provider },
    introspectionUrl: introspection?.endpoint.url,
  }
}

/** Adds the issuer that the token is checked for: its own, or the main one if that is not trusted. */
export function inputFor(
  token: string,
  requirements: Requirements,
  context: ExplanationContext,
): ExplanationInput {
  const { iss } = decodedOrEmpty(token).claims
  const { issuers, expected } = context
  const own = issuers.find(({ issuer }) => issuer === iss)
  const { issuer, jwksUrl = metadataUrls(issuer)[0] } = own ?? assertDefined(issuers[0], 'issuer')
  return { ...context, token, requirements, jwksUrl, expected: { ...expected, issuer } }
}

/**
 * Explains why the server accepted or rejected a token.
 *
 * @param answer the response of the real server, so that the explanation always agrees with it
 * @param access the policy of the route
 */
export function explain(
  token: string,
  answer: ServerAnswer,
  access: AccessPolicy,
  context: ExplanationContext,
): Explanation {
  if (access === 'public') return { result: resultOf(answer.status), answer, checks: [] }
  const input = inputFor(token, access, context)
  const result = resultOf(answer.status)
  const code = codeOf(answer)
  const advice = code === undefined ? undefined : adviceFor(code, input)
  const serverResult = result === 'undecided' ? null : (code as RejectionCode | undefined)
  return {
    result,
    answer,
    ...(code !== undefined && { code }),
    ...(advice !== undefined && { advice }),
    ...(result === 'accepted' && access.check !== undefined && { pendingCheck: access.check.name }),
    checks: checksOf(input, serverResult),
  }
}

/** Adds what a server answers that starts now, if the running one answers differently. */
export function withFreshAnswer(explanation: Explanation, fresh: ServerAnswer): Explanation {
  const { answer } = explanation
  const isSame = answer.status === fresh.status && answer.code === fresh.code
  return isSame ? explanation : { ...explanation, freshAnswer: fresh }
}

function resultOf(status: number): Explanation['result'] {
  if (status === 200 || status === 204) return 'accepted'
  return [400, 401, 403, 431].includes(status) ? 'refused' : 'undecided'
}

function codeOf({ status, code }: ServerAnswer): string | undefined {
  // The server rejects such a large header before it reads the token.
  if (status === 431) return 'token_too_large'
  return status === 421 ? HOST_NOT_ALLOWED : code
}
