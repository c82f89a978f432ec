/**
 * Checks that every file that the documents name exists: relative links with their anchors, and paths
 * in code spans such as `src/app.ts`. Exits with 1 if one is missing.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A path in a code span is from the root of the repository. */
const CODE_PATH = /`((?:\.ci|bench|docs|examples|src|test)\/[\w./-]+)`/g
const LINK = /\]\(([^)\s]+)\)/g
/** A picture that is different in dark mode is HTML. */
const PICTURE = /\b(?:src|srcset)="([^"\s]+\.png)"/g

/** As GitHub makes the anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-')
}

function anchorsOf(file: string): string[] {
  const headings = readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)
  return [...headings].map(([, heading = '']) => anchorOf(heading))
}

function isPresent(document: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? document : join(dirname(document), path)
  return existsSync(target) && (anchor === undefined || anchorsOf(target).includes(anchor))
}

const { stdout } = spawnSync('git', ['ls-files', '-z', '*.md'], { encoding: 'utf8' })
const documents = stdout.split('\0').filter((file) => file !== '')
let checked = 0
let missing = 0

function report(document: string, reference: string, present: boolean): void {
  checked += 1
  if (present) return
  missing += 1
  console.log(`${document}: ${reference} does not exist`)
}

for (const document of documents) {
  const text = readFileSync(document, 'utf8')
  for (const [, link = ''] of [...text.matchAll(LINK), ...text.matchAll(PICTURE)]) {
    if (!/^[a-z]+:/.test(link)) report(document, link, isPresent(document, link))
  }
  for (const [, path = ''] of text.matchAll(CODE_PATH)) {
    // What a run writes is not in a clone.
    if (!path.startsWith('bench/results')) report(document, path, existsSync(path))
  }
}
console.log(`Links: ${checked} checked, ${missing} missing`)
process.exitCode = missing === 0 && checked > 0 ? 0 : 1
