/** A later column than this is not one of a list of names with their descriptions. */
const MAX_INDENT = 40

/**
 * Breaks a line between words. The following lines are indented as far as the text of the first one: if
 * it has a name, and after two or more spaces a description, as far as the description.
 *
 * @param width of the terminal, in columns
 * @returns what replaces a space, by its index in the text. A word that is too long stays whole
 */
export function lineBreaks(text: string, width: number): ReadonlyMap<number, string> {
  const indent = Math.min(indentOf(text), Math.floor(width / 2))
  const breaks = new Map<number, string>()
  let lineStart = 0
  let end = 0
  for (const { index, 0: word } of text.matchAll(/[^ ]+/g)) {
    const column = breaks.size === 0 ? index : indent + index - lineStart
    if (end > lineStart && column + word.length > width) {
      for (let gap = end; gap < index; gap++) breaks.set(gap, '')
      breaks.set(end, `\n${' '.repeat(indent)}`)
      lineStart = index
    }
    end = index + word.length
  }
  return breaks
}

/** A line as lines of a width. */
export function wrapWords(text: string, width: number): string {
  return applyBreaks(text, lineBreaks(text, width))
}

/** @param offset where the part begins in the text */
export function applyBreaks(part: string, breaks: ReadonlyMap<number, string>, offset = 0): string {
  return part.replaceAll(/ /g, (space, index: number) => breaks.get(offset + index) ?? space)
}

function indentOf(text: string): number {
  const start = text.length - text.trimStart().length
  const gap = text.indexOf('  ', start)
  if (gap === -1) return start
  const column = text.length - text.slice(gap).trimStart().length
  return column <= MAX_INDENT ? column : start
}
