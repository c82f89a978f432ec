import { chip } from '../../../html/components.ts'
import { type Html, html } from '../../../html/html.ts'
import type { ActiveFaults, FaultType } from '../../controls/faults.ts'
import type { TenantPage } from '../../pages/tenant-page.ts'
import { table } from '../components.ts'
import type { ApiKeys } from '../console-api.ts'
import { secondsLeft } from './fault-banner.ts'
import { fetchState, keysTable, rotationNote, unknownKeyAlert } from './keys-view.ts'

/** The action before, which the page confirms. */
export type Done = FaultType | 'ended' | 'fetched' | 'fetch-failed'

export interface FaultsPageOptions {
  /** The key ids that the tenant publishes. The first one signs. */
  readonly published: readonly string[]
  /** What the API knows. Undefined if none is connected. */
  readonly known: ApiKeys | undefined
  readonly active: ActiveFaults
  readonly done: string | undefined
}

const CONFIRMATIONS: Readonly<Record<Done, string>> = {
  rotate: 'The keys were rotated: the tenant now signs with what was its next key.',
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
    'The tenant responds with 503 to all requests of clients and of the API: nobody can log in, and clients get no tokens. The console still works, and still makes tokens.',
    'The API uses its cached keys, so it still accepts valid tokens. If it does not have the key of a token, it responds with 503.',
  ],
  [
    'slow',
    'Slow: 3 s',
    'The tenant delays each response, until the fault is ended. The console is not delayed.',
    'The API responds as fast as before, because it has the keys in its cache. Only if it does not have the key of a token, the request waits until the key set is fetched.',
  ],
  [
    'rate-limit',
    'Rate limit for 10 s',
    'The Management API responds with 429.',
    'The API does not use the Management API, so nothing changes. Commands such as provision use it: they wait and try again.',
  ],
] as const

/** The signing keys, and buttons that make the tenant fail. */
export function faultsView({ published, known, active, done }: FaultsPageOptions): TenantPage {
  const keys = { published, known, isDown: active.down !== undefined }
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
    body: html`<p class="lead">Test how the API and its clients handle new keys and a tenant that fails.</p>
<p role="status" id="done">${confirmationOf(done)}</p>
<h2 id="keys">Signing keys</h2>
${unknownKeyAlert(keys)}
${keysTable(keys)}
<p>${fetchState(known)}</p>
<div class="row">${actionForm('rotate', 'Rotate keys')}${actionForm('withdraw', 'Withdraw old keys')}
${known && html`<form method="post" action="/console/faults/fetch"><button>Fetch now</button></form>`}</div>
<p class="quiet">${rotationNote(keys)}</p>
<p class="quiet">Withdraw: keys that signed before are no longer published. The API rejects their tokens after its next fetch.</p>
<h2 id="faults" data-reload>Faults</h2>
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
  const time = fault === 'slow' ? html`${seconds} s for each response` : secondsLeft(seconds)
  return html`${chip('on', 'warn')} ${time}
<form method="post" action="/console/faults/end"><button class="small" name="fault" value="${fault}" aria-label="End ${fault}">End</button></form>`
}
