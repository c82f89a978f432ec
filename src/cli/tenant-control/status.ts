import type { Line } from '../support/terminal.ts'
import { type ActiveFaults, control, describeFaults, type TenantInvocation } from './control.ts'

interface Status {
  readonly issuer: string
  /** Undefined if no API is connected. */
  readonly api?: string
  readonly faults: ActiveFaults
  /** The ids of the published keys. The first one signs. */
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
  const [signing, ...others] = keys
  const faults = describeFaults(status.faults)
  return [
    row('Tenant', issuer),
    row('API', api),
    ...(faults.length === 0
      ? [row('Faults', { style: 'green', text: 'none' } as const)]
      : faults.map((text) => row('Faults', { style: 'yellow', text } as const))),
    row('Signs with', String(signing)),
    ...others.map((kid) => row('Publishes', kid)),
    row('Data', `${dataFile}, ${changes === 1 ? '1 change' : `${changes} changes`} since`),
    row('Sessions', String(sessions)),
  ]
}

function row(name: string, value: Exclude<Line, string>[number]): Line {
  return [`${name.padEnd(11)} `, value]
}
