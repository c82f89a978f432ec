import { html } from 'ghtml'
import type { ServerAnswer } from '../../explain/explanation.ts'

/** What an answer says: the status first, the challenge for whoever asks. */
export function answerOf({ status, message, challenge }: ServerAnswer): string {
  const mark = html`<span class="${status === 200 ? 'good' : 'bad'}">${status || 'no answer'}</span>`
  const more =
    challenge === undefined
      ? ''
      : html`<details><summary>challenge</summary><code>${challenge}</code></details>`
  return html`!${mark} <small>${message}</small>!${more}`
}
