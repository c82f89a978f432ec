import { type Html, html } from '../html/html.ts'

const INDENTED = /^ {4}/
const ITEM = /^[-*] /

/** The part of Markdown that descriptions use. Everything else is shown as it is, HTML too. */
export function markdown(text = ''): readonly Html[] {
  const blocks = text
    .split(/\n[ \t]*\n/)
    .map((block) => block.split('\n').filter((line) => line !== ''))
  return blocks.filter((lines) => lines.length > 0).map(blockOf)
}

function blockOf(lines: readonly string[]): Html {
  if (lines.every((line) => INDENTED.test(line))) {
    return html`<pre>${lines.map((line) => line.slice(4)).join('\n')}</pre>`
  }
  if (lines.every((line) => line.startsWith('|'))) return tableOf(lines)
  if (lines.every((line) => ITEM.test(line))) {
    return html`<ul>${lines.map((line) => html`<li>${inline(line.slice(2))}</li>`)}</ul>`
  }
  return html`<p>${inline(lines.join(' '))}</p>`
}

function tableOf([head = '', , ...rows]: readonly string[]): Html {
  const headers = cellsOf(head).map((cell) => html`<th scope="col">${inline(cell)}</th>`)
  const body = rows.map(
    (row) => html`<tr>${cellsOf(row).map((cell) => html`<td>${inline(cell)}</td>`)}</tr>`,
  )
  return html`<table><thead><tr>${headers}</tr></thead><tbody>${body}</tbody></table>`
}

function cellsOf(row: string): readonly string[] {
  return row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}

/** Code in backticks and bold text. Marks without a second one stay. */
export function inline(text: string): Html {
  const parts = text.split(/(`[^`]+`|\*\*[^*]+\*\*)/)
  const marked = parts.map((part, index) => (index % 2 === 1 ? marks(part) : html`${part}`))
  // A list in a template would have line breaks between its items.
  return marked.reduce((all, part) => html`${all}${part}`, html``)
}

function marks(text: string): Html {
  return text.startsWith('`')
    ? html`<code>${text.slice(1, -1)}</code>`
    : html`<strong>${inline(text.slice(2, -2))}</strong>`
}
