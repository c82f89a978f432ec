/**
 * Extracts a token from pasted text: removes `Authorization: Bearer`, quotes and line breaks. One pattern for
 * all of it would take time with the square of the length.
 */
export function extractToken(text: string): string {
  return withoutQuotes(text.trim())
    .replace(/^authorization:\s*/i, '')
    .replace(/^bearer(?:\s+|$)/i, '')
    .replace(/\r?\n */g, '')
}

function withoutQuotes(text: string): string {
  const isQuoted = text.length > 1 && /^["']/.test(text) && text.endsWith(text.charAt(0))
  return isQuoted ? text.slice(1, -1) : text
}
