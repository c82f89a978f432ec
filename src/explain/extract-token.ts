/** Extracts a token from pasted text: removes `Authorization: Bearer`, quotes and line breaks. */
export function extractToken(text: string): string {
  const token = text
    .trim()
    .replace(/^(["']?)(?:authorization:\s*)?(?:bearer(?:\s+|$))?(.*?)\1$/is, '$2')
  return token.replace(/\r?\n */g, '')
}
