/** The token in what people paste: with the words around it that it had elsewhere, or wrapped. */
export function tokenIn(text: string): string {
  const [, , token = ''] =
    /^(["']?)(?:authorization:\s*)?(?:bearer(?:\s+|$))?(.*?)\1$/is.exec(text.trim()) ?? []
  return token.replace(/\r?\n */g, '')
}
