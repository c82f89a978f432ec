import { dirname, join } from 'node:path'

/** Reads a tracked file; undefined if it was removed. */
export type Read = (file: string) => string | undefined

const SPECIFIER = /(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g

/** The files of the repository that a file imports, statically or on demand. */
export function importedFiles(file: string, text: string): string[] {
  return specifiers(text)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => join(dirname(file), specifier))
}

function specifiers(text: string): string[] {
  return [...text.matchAll(SPECIFIER)].map(([, specifier = '']) => specifier)
}

/** The files that import one of the others, directly or through one another. */
export function importersOf(
  removed: ReadonlySet<string>,
  candidates: readonly string[],
  read: Read,
): Set<string> {
  const all = new Set(removed)
  const found = new Set<string>()
  for (let before = -1; before < found.size; ) {
    before = found.size
    for (const file of candidates) {
      if (all.has(file) || !importedFiles(file, read(file) ?? '').some((path) => all.has(path)))
        continue
      found.add(file)
      all.add(file)
    }
  }
  return found
}

/** The files that only removed files imported, directly or through one another. */
export function orphansOf(
  removed: ReadonlyMap<string, string>,
  remaining: readonly string[],
  read: Read,
): Set<string> {
  const orphans = new Set<string>()
  const queue = [...removed].flatMap(([file, text]) => importedFiles(file, text))
  const isImported = (path: string) =>
    remaining.some(
      (file) => !orphans.has(file) && importedFiles(file, read(file) ?? '').includes(path),
    )
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    if (orphans.has(path) || !remaining.includes(path) || isImported(path)) continue
    orphans.add(path)
    queue.push(...importedFiles(path, read(path) ?? ''))
  }
  return orphans
}
