import { dirname, join } from 'node:path'

const LINK = /!?\[((?:[^\]\\]|\\.)*)\]\(([^)\s]+)\)/g
const ROW_OR_ITEM = /^\s*(\||[-*] |\d+\. )/
const CODE_PATH = /`((?:\.ci|bench|docs|examples|scripts|src|test)\/[\w./-]+)`/g

/** They tell what was, so that their lines stay. */
const HISTORY = /^CHANGELOG\.md$|^docs\/decisions\//

/**
 * A Markdown document without references to removed files. A table row or list item with such a
 * reference goes as a whole. Elsewhere, the text of a link stays.
 */
export function withoutReferences(
  document: string,
  text: string,
  isRemoved: (path: string) => boolean,
): string {
  const targetOf = (link: string) => join(dirname(document), link.replace(/#.*/, ''))
  const isGone = (link: string) => !/^[a-z]+:|^#/.test(link) && isRemoved(targetOf(link))
  const names = (line: string) =>
    [...line.matchAll(LINK)].some(([, , link = '']) => isGone(link)) ||
    [...line.matchAll(CODE_PATH)].some(([, path = '']) => isRemoved(path))
  return text
    .split('\n')
    .filter((line) => HISTORY.test(document) || !(ROW_OR_ITEM.test(line) && names(line)))
    .map((line) =>
      line
        .replaceAll(LINK, (whole, label: string, link: string) => (isGone(link) ? label : whole))
        .replaceAll(CODE_PATH, (whole, path: string) => (isRemoved(path) ? path : whole)),
    )
    .join('\n')
}
