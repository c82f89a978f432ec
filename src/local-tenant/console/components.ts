import type { ServerAnswer } from '../../explain/explanation.ts'
import { chip, statusChip } from '../../html/components.ts'
import { type Html, html } from '../../html/html.ts'

/**
 * A table with a heading of its own, whose cells are below each other on narrow screens.
 *
 * @param heading the id of the heading
 * @param columns their names; none if the cells speak for themselves
 */
export function table(heading: string, columns: readonly string[], rows: readonly Html[]): Html {
  const headers = columns.map((name) => html`<th role="columnheader" scope="col">${name}</th>`)
  const head =
    columns.length > 0 &&
    html`<thead role="rowgroup"><tr role="row">${headers}</tr></thead>
`
  return html`<table class="stacks" role="table" aria-labelledby="${heading}">
${head || undefined}<tbody role="rowgroup">
${rows}
</tbody></table>`
}

/** The status of a response of the API; 0 if there was none. */
export function answerChip(status: number): Html {
  return status === 0 ? chip('no answer', 'bad') : statusChip(status)
}

/** The status and message of an API response. The challenge is shown on request. */
export function apiResponse({ status, message, challenge }: ServerAnswer): Html {
  const details =
    challenge && html`<details><summary>challenge</summary><code>${challenge}</code></details>`
  return html`<span class="${status === 200 ? 'good' : 'bad'}">${status || 'no answer'}</span> <small>${message}</small>${details}`
}

/** A field of a form for one of the routes. */
export function routeField(routes: readonly string[], selected: string): Html {
  const options = routes.map(
    (name) => html`<option ${name === selected ? 'selected' : ''}>${name}</option>`,
  )
  return html`<label>Route <select name="route">${options}</select></label>`
}
