/** The token in what people paste: with the words around it that it had elsewhere, or wrapped. */
export function tokenIn(text: string): string {
  const token = text
    .trim()
    .replace(/^(["']?)(?:authorization:\s*)?(?:bearer(?:\s+|$))?(.*?)\1$/is, '$2')
  return token.replace(/\r?\n */g, '')
}
