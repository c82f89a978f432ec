import { visibleText } from '../../utils/visible-text.ts'

/** Rows below their headings, in aligned columns. */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const all = [headings, ...rows].map((row) => row.map(visibleText))
  const widths = headings.map((_, column) =>
    Math.max(...all.map((row) => String(row[column]).length)),
  )
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(Number(widths[column])))
      .join('  ')
      .trimEnd(),
  )
}
