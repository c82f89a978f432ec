import { OAuthError } from './oauth-error.ts'

/** The parameters of an OAuth request, each given at most once (RFC 6749 §3.1, §3.2). */
export type Parameters = Readonly<Record<string, string | undefined>>

/** @throws OAuthError `invalid_request` where a parameter is repeated or no text */
export function parametersOf(given: unknown): Parameters {
  const entries = Object.entries(given ?? {})
  for (const [name, value] of entries) {
    if (typeof value !== 'string') {
      throw new OAuthError('invalid_request', `Give ${name} once, as text.`)
    }
  }
  return Object.fromEntries(entries) as Parameters
}

/** @throws OAuthError `invalid_request` where the parameter is missing */
export function required(parameters: Parameters, name: string): string {
  const value = parameters[name]
  if (!value) throw new OAuthError('invalid_request', `${name} is missing.`)
  return value
}
