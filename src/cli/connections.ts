import { parseArgs } from 'node:util'
import { type Environment, readEnvironment } from '../config/environment.ts'
import {
  type ConnectionChanges,
  listConnections,
  planConnection,
  SCOPES,
  updateConnection,
  withoutSecrets,
} from '../management/connections.ts'
import {
  administer,
  type Streams,
  type Tenant,
  tenantOf,
  writeJson,
} from './support/administration.ts'
import { changesIn, OPTIONS, type Values } from './support/connection-options.ts'
import { Progress } from './support/progress.ts'
import { differenceText } from './support/provision-report.ts'
import { isEntry, run } from './support/run.ts'
import { table } from './support/table.ts'

const USAGE = `Usage: npm run connections -- list [--strategy auth0] [--json]
       npm run connections -- get <id> [--json]
       npm run connections -- update <id> [--display-name …] [--show-as-button true|false]
         [--domain-connection true|false] [--realm …]… [--metadata name=value]…
         [--options '{"…": …}'] [--apply] [--json]
  An update is only shown without --apply. Each takes --timeout <seconds>.`

/**
 * The connections of a tenant: `npm run connections`.
 *
 * @param args as on the command line
 * @throws Error
 */
export async function main(
  args: readonly string[],
  sources: readonly Environment[],
  streams: Streams,
): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: OPTIONS,
  })
  const [command, id, ...more] = positionals
  const work = WORK[`${command}${id === undefined ? '' : ' id'}`]
  if (work === undefined || more.length > 0) throw new Error(USAGE)
  const tenant = tenantOf(sources, values.timeout)
  const changes = changesIn(values)
  await administer(tenant, values.json, streams, () =>
    work({ tenant, values, changes, streams, id: String(id) }),
  )
}

interface Work {
  readonly tenant: Tenant
  readonly values: Values
  readonly changes: ConnectionChanges
  readonly streams: Streams
  readonly id: string
}

const WORK: Record<string, (work: Work) => Promise<void>> = {
  list,
  'get id': get,
  'update id': update,
}

async function list({ tenant: { management }, values, streams: { out } }: Work): Promise<void> {
  await management.needs(SCOPES.read)
  const connections = await listConnections(management, values.strategy)
  if (values.json) return writeJson(out, connections)
  const rows = connections.map(({ id, name, display_name, strategy }) => [
    id,
    name,
    display_name,
    strategy,
  ])
  out.write(table(['ID', 'NAME', 'DISPLAY NAME', 'STRATEGY'], rows))
}

async function get({ tenant: { management }, values, streams: { out }, id }: Work): Promise<void> {
  await management.needs(SCOPES.read)
  const connection = withoutSecrets(await management.connections.get(id)) as object
  if (values.json) return writeJson(out, connection)
  const rows = Object.entries(connection).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  out.write(table(['FIELD', 'VALUE'], rows))
}

async function update({ tenant, values, changes, streams, id }: Work): Promise<void> {
  if (Object.keys(changes).length === 0) throw new Error(USAGE)
  const { management } = tenant
  const { out, err } = streams
  await management.needs(SCOPES.read, ...(values.apply ? [SCOPES.update] : []))
  const completion = await planConnection(management, id, changes)
  const differences = completion.differences.map(({ field, from, to }) => {
    const name = field.slice(field.lastIndexOf('.') + 1)
    return { field, from: withoutSecrets(from, name), to: withoutSecrets(to, name) }
  })
  const isPending = differences.length > 0
  if (!values.json) for (const one of differences) out.write(`${differenceText(one)}\n`)
  if (isPending && values.apply) {
    const name = `Update connection ${id}`
    await new Progress(err).during(name, () => updateConnection(management, id, completion))
  }
  if (values.json) return writeJson(out, { id, differences, applied: isPending && values.apply })
  if (!isPending) out.write('Nothing to change.\n')
  else if (!values.apply) out.write('Nothing was changed. Add --apply to do it.\n')
}

if (isEntry(import.meta.url)) {
  const streams = { out: process.stdout, err: process.stderr }
  await run(() => main(process.argv.slice(2), readEnvironment(), streams))
}
