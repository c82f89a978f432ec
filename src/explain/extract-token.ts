const AUTHORIZATION = /^authorization:\s*/i

/**
 * Extracts a token from pasted text: removes `Authorization: Bearer` (or `DPoP`), quotes and line breaks. One
 * pattern for all of it would take time with the square of the length.
 */
export function extractToken(text: string): string {
  const value = withoutQuotes(text.trim()).replace(AUTHORIZATION, '')
  return inOneLine(value.replace(/^(?:bearer|dpop)(?:\s+|$)/i, ''))
}

/** Whether pasted text names the scheme of bound tokens (RFC 9449 §7.1). */
export function namesDpopScheme(text: string): boolean {
  return /^dpop\s/i.test(withoutQuotes(text.trim()).replace(AUTHORIZATION, ''))
}

/** Extracts a proof from pasted text: removes the name of its header, quotes and line breaks. */
export function extractProof(text: string): string {
  return inOneLine(withoutQuotes(text.trim()).replace(/^dpop:\s*/i, ''))
}

function inOneLine(text: string): string {
  return text.replace(/\r?\n */g, '')
}

function withoutQuotes(text: string): string {
  const isQuoted = text.length > 1 && /^["']/.test(text) && text.endsWith(text.charAt(0))
  return isQuoted ? text.slice(1, -1) : text
}
