/** Lines such as `// #region browser-login` and `<!-- #endregion browser-login -->`. */
const MARKER = /^\s*(?:\/\/|#|<!--)\s*#(region|endregion) ([\w-]+)(?:\s*-->)?$/

/**
 * Removes the regions of some parts from a text, with their markers.
 *
 * @throws Error if a region is not closed, or closed by another name
 */
export function withoutRegions(text: string, parts: readonly string[]): string {
  const open: string[] = []
  const kept = text.split('\n').filter((line) => {
    const [, kind, name = ''] = MARKER.exec(line) ?? []
    if (kind === 'region') open.push(name)
    const isRemoved = open.some((part) => parts.includes(part))
    if (kind === 'endregion' && open.pop() !== name) {
      throw new Error(`#endregion ${name} closes no region of this name`)
    }
    return !isRemoved
  })
  if (open.length > 0) throw new Error(`#region ${open.join(', ')} is not closed`)
  return kept.join('\n')
}
