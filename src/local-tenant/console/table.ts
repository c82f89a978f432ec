import { type Html, html } from '../../html/html.ts'

/** A table with a heading of its own, whose cells are below each other on narrow screens. */
export function table(heading: string, columns: readonly string[], rows: readonly Html[]): Html {
  const headers = columns.map((name) => html`<th role="columnheader" scope="col">${name}</th>`)
  return html`<table class="stacks" role="table" aria-labelledby="${heading}">
<thead role="rowgroup"><tr role="row">${headers}</tr></thead>
<tbody role="rowgroup">
${rows}
</tbody></table>`
}
