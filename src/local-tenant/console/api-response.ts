import type { ServerAnswer } from '../../explain/explanation.ts'
import { type Html, html } from '../../html/html.ts'

/** The status and message of an API response. The challenge is shown on request. */
export function apiResponse({ status, message, challenge }: ServerAnswer): Html {
  const details =
    challenge && html`<details><summary>challenge</summary><code>${challenge}</code></details>`
  return html`<span class="${status === 200 ? 'good' : 'bad'}">${status || 'no answer'}</span> <small>${message}</small>${details}`
}
