import type { Line } from '../support/terminal.ts'
import { type ActiveFaults, control, describeFaults, type TenantInvocation } from './control.ts'

export interface ApiKeys {
  /** The ids of the keys that the API has. */
  readonly known: readonly string[]
  /** Seconds for which an unknown key does not make the API fetch the key set. */
  readonly cooldown: number
}

/** What the command `tenant` shows. */
export interface Status {
  readonly issuer: string
  /** Undefined if no API is connected. */
  readonly api?: string
  /** Undefined if no API is connected. */
  readonly apiKeys?: ApiKeys
  readonly faults: ActiveFaults
  /** The ids of the published keys. The first one signs, the second one signs after a rotation. */
  readonly keys: readonly string[]
  readonly dataFile: string
  /** How many changes override the data. */
  readonly changes: number
  readonly sessions: number
}

/** Whether the local tenant works as its data says. */
export async function showStatus({ values, sources, streams: { out } }: TenantInvocation) {
  const status = await control<Status>(sources, 'status')
  if (values.json) out.json(status)
  else out.line(...formatStatus(status))
  return 0
}

function formatStatus(status: Status): Line[] {
  const { issuer, api = 'none is connected', keys, dataFile, changes, sessions } = status
  const faults = describeFaults(status.faults)
  return [
    row('Tenant', issuer),
    row('API', api),
    ...(faults.length === 0
      ? [row('Faults', { style: 'green', text: 'none' } as const)]
      : faults.map((text) => row('Faults', { style: 'yellow', text } as const))),
    row('Keys', 'All of these are published:'),
    ...keys.map((kid, index) => keyRow(kid, index, status)),
    row('Data', `${dataFile}, ${changes === 1 ? '1 change' : `${changes} changes`} since`),
    row('Sessions', String(sessions)),
  ]
}

function keyRow(kid: string, index: number, { apiKeys }: Status): Line {
  const role = ['signs', 'signs next'][index] ?? 'signed before'
  const isKnown = apiKeys === undefined || apiKeys.known.includes(kid)
  const note = isKnown ? '' : ', unknown to the API'
  return row('', `${kid}  ${role}${note}`)
}

function row(name: string, value: Exclude<Line, string>[number]): Line {
  return [`${name.padEnd(11)} `, value]
}
