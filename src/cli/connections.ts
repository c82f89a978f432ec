import {
  listConnections,
  planConnection,
  redactSecrets,
  SCOPES,
  updateConnection,
} from '../management/connections.ts'
import { CONNECTION_OPTIONS, parseChanges, readOptions } from './support/connection-options.ts'
import { formatTable } from './support/format-table.ts'
import { type Invocation, managementCommand } from './support/management-command.ts'
import { Progress } from './support/progress.ts'
import { formatDifference } from './support/provision-report.ts'

const USAGE = `Usage: npm run connections -- list [--strategy auth0] [--json]
       npm run connections -- get <id> [--json]
       npm run connections -- update <id> [--display-name …] [--show-as-button true|false]
         [--domain-connection true|false] [--realm …]… [--metadata name=value]…
         [--options '{"…": …}' | --options-file <file>] [--apply] [--json]
  --options-file - reads standard input. Secrets are read from there or from a file only.
  Without --apply, an update is only shown. Lists become as given, and null removes an option. All of them accept --timeout <seconds>.`

type ConnectionInvocation = Invocation<typeof CONNECTION_OPTIONS>

/** The connections of a tenant: `npm run connections`. */
export const main = managementCommand(USAGE, CONNECTION_OPTIONS, {
  list: { minOperands: 0, maxOperands: 0, run: list },
  get: { minOperands: 1, maxOperands: 1, run: get },
  update: { minOperands: 1, maxOperands: 1, run: update },
})

async function list({ target, values, streams: { out } }: ConnectionInvocation): Promise<void> {
  const { management } = target
  await management.requireScopes(SCOPES.read)
  const connections = await listConnections(management, values.strategy)
  if (values.json) return out.json(connections)
  const rows = connections.map(({ id, name, display_name, strategy }) => [
    id,
    name,
    display_name,
    strategy,
  ])
  out.line(...formatTable(['ID', 'NAME', 'DISPLAY NAME', 'STRATEGY'], rows))
}

async function get({ target, values, operands, streams: { out } }: ConnectionInvocation) {
  const { management } = target
  await management.requireScopes(SCOPES.read)
  const connection = redactSecrets(await management.connections.get(String(operands[0]))) as object
  if (values.json) return out.json(connection)
  const rows = Object.entries(connection).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  out.line(...formatTable(['FIELD', 'VALUE'], rows))
}

async function update({ target, values, operands, streams }: ConnectionInvocation): Promise<void> {
  const changes = parseChanges(values, await readOptions(values, streams.input))
  if (Object.keys(changes).length === 0) throw new Error(USAGE)
  const id = String(operands[0])
  const { management } = target
  const { out, err } = streams
  await management.requireScopes(SCOPES.read, ...(values.apply ? [SCOPES.update] : []))
  const patch = await planConnection(management, id, changes)
  const differences = patch.differences.map(({ field, from, to }) => {
    return { field, from: redactSecrets(from, field), to: redactSecrets(to, field) }
  })
  const isPending = differences.length > 0
  if (!values.json) {
    for (const difference of differences) out.line(formatDifference(difference))
  }
  if (isPending && values.apply) {
    const name = `Update connection ${id}`
    await new Progress(err).during(name, () => updateConnection(management, id, patch))
  }
  if (values.json) return out.json({ id, differences, applied: isPending && values.apply })
  if (!isPending) out.line('Nothing to change.')
  else if (!values.apply) out.line('Nothing was changed. Add --apply to apply the changes.')
}
