import { OAuthError } from './oauth-error.ts'

/** The parameters of an OAuth request, each given at most once (RFC 6749 §3.1, §3.2). */
export type Parameters = Readonly<Record<string, string | undefined>>

/** @throws OAuthError `invalid_request` if a parameter is repeated or not a string */
export function parseParameters(input: unknown): Parameters {
  const entries = Object.entries(input ?? {})
  for (const [name, value] of entries) {
    if (typeof value !== 'string') {
      throw new OAuthError('invalid_request', `${name} must be given once, as a string.`)
    }
  }
  return Object.fromEntries(entries) as Parameters
}

/** @throws OAuthError `invalid_request` if the parameter is missing or empty */
export function requireParameter(parameters: Parameters, name: string): string {
  const value = parameters[name]
  if (!value) throw new OAuthError('invalid_request', `Missing required parameter: ${name}.`)
  return value
}

/** The names in a parameter `scope` (RFC 6749 §3.3), each once. */
export function parseScope(scope = ''): string[] {
  return [...new Set(scope.split(' '))].filter((name) => name !== '')
}
