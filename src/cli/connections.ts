import {
  listConnections,
  planConnection,
  redactSecrets,
  SCOPES,
  updateConnection,
} from '../management/connections.ts'
import { defineCommandGroup } from './arguments/define-command.ts'
import type { NoOptions } from './arguments/syntax.ts'
import { UsageError } from './arguments/usage-error.ts'
import { parseChanges, readOptions, UPDATE_OPTIONS } from './support/connection-options.ts'
import { formatTable } from './support/format-table.ts'
import {
  type ManagementInvocation,
  managementCommand,
  WHICH_TENANT,
} from './support/management-command.ts'
import { Progress } from './support/progress.ts'
import { formatDifference } from './support/provision-report.ts'

const LIST_OPTIONS = {
  strategy: {
    type: 'string',
    value: 'name',
    description: 'Only those of a strategy, such as auth0',
  },
} as const

const CONNECTION = { name: 'id', description: 'The id of the connection, such as con_…' }

/** The connections of a tenant: `npm run connections`. */
export const main = defineCommandGroup(
  {
    details: WHICH_TENANT,
    examples: [
      { args: 'list', description: 'All connections' },
      { args: 'update --help', description: 'What can be changed' },
    ],
  },
  {
    list: managementCommand({
      summary: 'List the connections',
      options: LIST_OPTIONS,
      examples: [
        { args: '--strategy auth0', description: 'The databases with users' },
        { args: '--json', description: 'All of them for a program' },
      ],
      run: list,
    }),
    get: managementCommand({
      summary: 'Show a connection. Secrets are hidden',
      operands: [CONNECTION],
      options: {},
      examples: [{ args: 'con_abc', description: 'All fields, one a line' }],
      run: get,
    }),
    update: managementCommand({
      summary: 'Show the changes of a connection, and make them with --apply',
      operands: [CONNECTION],
      options: UPDATE_OPTIONS,
      examples: [
        { args: 'con_abc --display-name People', description: 'Show the change' },
        { args: 'con_abc --display-name People --apply', description: 'Make it' },
        { args: 'con_abc --options-file -', description: 'Options from standard input' },
      ],
      run: update,
    }),
  },
)

async function list({
  target,
  values,
  streams: { out },
}: ManagementInvocation<typeof LIST_OPTIONS>): Promise<void> {
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

async function get({
  target,
  values,
  operands,
  streams: { out },
}: ManagementInvocation<NoOptions>) {
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

async function update({
  target,
  values,
  operands,
  streams,
}: ManagementInvocation<typeof UPDATE_OPTIONS>): Promise<void> {
  const changes = parseChanges(values, await readOptions(values, streams.input))
  if (Object.keys(changes).length === 0) throw new UsageError('Nothing to change is given.')
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
