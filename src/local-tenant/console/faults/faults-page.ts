import { chip, timeElement } from '../../../html/components.ts'
import { type Html, html } from '../../../html/html.ts'
import type { KnownKeys } from '../../../tokens/keys/remote-jwks.ts'
import type { ActiveFaults, FaultType } from '../../controls/faults.ts'
import type { TenantPage } from '../../pages/tenant-page.ts'
import { table } from '../components.ts'

/** The action before, which the page confirms. */
export type Done = FaultType | 'ended' | 'fetched' | 'fetch-failed'

export interface FaultsPageOptions {
  /** The key ids that the tenant publishes. The first one signs. */
  readonly published: readonly string[]
  /** What the API knows. Undefined if none is connected. */
  readonly known: KnownKeys | undefined
  readonly active: ActiveFaults
  readonly done: string | undefined
}

const CONFIRMATIONS: Readonly<Record<Done, string>> = {
  rotate: 'The keys were rotated: the tenant signs with the next key now.',
  withdraw: 'Keys that signed before are no longer published.',
  fetched: 'The API has fetched the key set.',
  'fetch-failed': 'The API could not fetch the key set. It continues with the keys that it has.',
  down: 'The tenant is down for 10 seconds.',
  slow: 'The tenant delays each response by 3 seconds.',
  'rate-limit': 'The Management API responds with 429 for 10 seconds.',
  ended: 'The fault has ended.',
  up: 'All faults have ended. Keys that were rotated or withdrawn stay so: a tenant does not go back to an old key.',
}

const COLUMNS = ['Fault', 'What the tenant does', 'What to expect from the API', 'State']

/** The faults that last: what the tenant does, and what the API does then. */
const LASTING = [
  [
    'down',
    'Down for 10 s',
    'The tenant responds with 503 to all requests. Logins and new tokens fail.',
    'The API continues with its cached keys: valid tokens are accepted. A token of a new key is 503.',
  ],
  [
    'slow',
    'Slow: 3 s',
    'The tenant delays each response, until the fault is ended.',
    'No request of the API waits, except for one with an unknown key: it waits for the key set.',
  ],
  [
    'rate-limit',
    'Rate limit for 10 s',
    'The Management API responds with 429.',
    'Nothing changes: the API does not call it. Commands such as provision wait and try again.',
  ],
] as const

/** Counts down the seconds, and reloads the page once when they have passed. */
const COUNTDOWN_SCRIPT = `
for (const element of document.querySelectorAll('[data-seconds]')) {
  let left = Number(element.dataset.seconds)
  const timer = setInterval(() => {
    left -= 1
    element.textContent = Math.max(left, 0)
    if (left > 0) return
    clearInterval(timer)
    location.replace(location.pathname)
  }, 1000)
}`

/** The signing keys, and buttons that make the tenant fail. */
export function faultsView({ published, known, active, done }: FaultsPageOptions): TenantPage {
  const faults = LASTING.map(
    ([
      fault,
      name,
      tenant,
      api,
    ]) => html`<tr role="row"><th role="rowheader" scope="row">${actionForm(fault, name)}</th>
<td role="cell">${tenant}</td><td role="cell">${api}</td><td role="cell">${stateOf(fault, active)}</td></tr>`,
  )
  return {
    title: 'Keys and faults',
    wide: true,
    script: COUNTDOWN_SCRIPT,
    body: html`<p class="lead">Test how the API and its clients handle new keys and a tenant that fails.</p>
<p role="status" id="done">${confirmationOf(done)}</p>
<h2 id="keys">Signing keys</h2>
${keysTable(published, known)}
<p>${fetchState(known)}</p>
<div class="row">${actionForm('rotate', 'Rotate keys')}${actionForm('withdraw', 'Withdraw old keys')}
${known && html`<form method="post" action="/console/faults/fetch"><button>Fetch now</button></form>`}</div>
<p class="quiet">Rotate: the tenant signs with its next key. The API knows it already, so nothing fails. Withdraw: keys that
signed before are no longer published. The API rejects their tokens after its next fetch.</p>
<h2 id="faults">Faults</h2>
${table('faults', COLUMNS, faults)}
<div class="row">${actionForm('up', 'Back to normal')}</div>
<p class="quiet">Back to normal ends all faults. It does not undo a rotation or a withdrawal of keys.</p>`,
  }
}

function confirmationOf(done = ''): string {
  return Object.hasOwn(CONFIRMATIONS, done) ? CONFIRMATIONS[done as Done] : ''
}

function actionForm(fault: FaultType, name: string): Html {
  return html`<form method="post" action="/console/faults"><button name="fault" value="${fault}">${name}</button></form>`
}

function stateOf(fault: keyof ActiveFaults, { [fault]: seconds }: ActiveFaults): Html {
  if (seconds === undefined) return chip('off')
  const time =
    fault === 'slow'
      ? html`${seconds} s for each response`
      : html`<span data-seconds="${seconds}">${seconds}</span> s left`
  return html`${chip('on', 'warn')} ${time}
<form method="post" action="/console/faults/end"><button class="small" name="fault" value="${fault}" aria-label="End ${fault}">End</button></form>`
}

function keysTable(published: readonly string[], known: KnownKeys | undefined): Html {
  const ages = new Map(known?.keys.map(({ kid, age }) => [String(kid), age]))
  const withdrawn = [...ages.keys()].filter((kid) => !published.includes(kid))
  const rows = [...published, ...withdrawn].map((kid, index) => {
    const role = published.includes(kid) ? (ROLES[index] ?? 'signed before') : 'no longer published'
    return html`<tr role="row"><th role="rowheader" scope="row"><code>${kid}</code></th>
<td role="cell">${chip(role, index === 0 ? 'info' : '')}</td>
<td role="cell">${knowledgeOf(ages.get(kid))}</td></tr>`
  })
  return table('keys', [], rows)
}

/** @param age seconds since the API first fetched the key; undefined if it has not */
function knowledgeOf(age: number | undefined): Html {
  if (age === undefined) return chip('unknown to the API', 'warn')
  return html`${chip('known to the API', 'good')}<small class="quiet">since ${timeElement(Date.now() - age * 1000, 'medium')}</small>`
}

const ROLES = ['signs', 'signs next']

function fetchState(known: KnownKeys | undefined): string {
  if (known === undefined) return 'No API is connected.'
  if (known.age === null) return 'The API has not fetched the key set yet.'
  return `The API fetched the key set ${known.age} s ago, and fetches it again in ${known.nextFetch} s, or for a token of an unknown key.`
}
