/** Rows below their headings, in aligned columns. Unprintable characters are removed. */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const all = [headings, ...rows].map((row) => row.map((cell) => cell.replace(/\p{C}/gu, '')))
  const widths = headings.map((_, column) =>
    Math.max(...all.map((row) => String(row[column]).length)),
  )
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(Number(widths[column])))
      .join('  ')
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}
