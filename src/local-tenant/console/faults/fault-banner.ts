import { type Html, html } from '../../../html/html.ts'
import type { KnownKeys } from '../../../tokens/keys/remote-jwks.ts'
import type { ActiveFaults } from '../../controls/faults.ts'

/**
 * Counts down the seconds. At the end, a page with `data-reload` is reloaded. Others are not: they may
 * have a token, or text that somebody types. Their banner says that the fault has ended.
 */
export const COUNTDOWN_SCRIPT = `
for (const element of document.querySelectorAll('[data-seconds]')) {
  let left = Number(element.dataset.seconds)
  const timer = setInterval(() => {
    left -= 1
    element.textContent = Math.max(left, 0)
    if (left > 0) return
    clearInterval(timer)
    if (document.querySelector('[data-reload]') !== null) location.replace(location.pathname)
    else element.closest('p').textContent = 'The fault has ended.'
  }, 1000)
}`

/**
 * Names the faults that are active, on every page of the console: it works while the tenant does not.
 *
 * @param known what the API knows; undefined if none is connected
 * @returns undefined if there is no fault
 */
export function faultBanner(
  { down, slow, 'rate-limit': limited }: ActiveFaults,
  known: KnownKeys | undefined,
): Html | undefined {
  const texts = [
    ...(down === undefined
      ? []
      : [html`The tenant is down: ${secondsLeft(down)}. ${cachedKeys(known)}${EXEMPT}`]),
    ...(slow === undefined
      ? []
      : [html`The tenant delays each response by ${slow} s, until the fault is ended. ${EXEMPT}`]),
    ...(limited === undefined
      ? []
      : [html`The Management API responds with 429: ${secondsLeft(limited)}. ${EXEMPT}`]),
  ]
  if (texts.length === 0) return undefined
  return html`<aside class="alert warn" aria-label="Active faults">
${texts.map((text) => html`<p>${text}</p>`)}
<p><a href="/console/faults">Keys and faults</a></p></aside>
`
}

const EXEMPT = 'The console itself is exempt.'

/** A number that the script counts down. */
export function secondsLeft(seconds: number): Html {
  return html`<span data-seconds="${seconds}">${seconds}</span> s left`
}

function cachedKeys(known: KnownKeys | undefined): string {
  if (known === undefined) return ''
  return known.keys.length > 0
    ? 'The API uses its cached keys. '
    : 'The API has no keys yet: it answers requests with a token with 503. '
}
