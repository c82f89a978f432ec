import { parseArgs } from 'node:util'
import { type Environment, readEnvironment, setting } from '../config/environment.ts'
import type { Management } from '../management/client/client.ts'
import { managementError } from '../management/client/errors.ts'
import {
  type Invited,
  inviting,
  listOrganizations,
  scopesToInvite,
} from '../management/organizations.ts'
import {
  administer,
  type Streams,
  type Tenant,
  tenantOf,
  writeJson,
} from './support/administration.ts'
import { Progress } from './support/progress.ts'
import { isEntry, run } from './support/run.ts'
import { table } from './support/table.ts'

const USAGE = `Usage: npm run organizations -- list [--json]
       npm run organizations -- invite <organization> <e-mail>… [--client <id>] [--inviter <name>]
         [--role <name>]… [--days 7] [--send-email] [--json]
  The link leads to the login of the client: AUTH0_CLIENT_ID, or the local tenant's messages-web.
  Each takes --timeout <seconds>.`

const text = { type: 'string' } as const
const flag = { type: 'boolean', default: false } as const
const OPTIONS = {
  client: text,
  inviter: { type: 'string', default: 'Messages' },
  role: { type: 'string', multiple: true, default: [] as string[] },
  days: { type: 'string', default: '7' },
  'send-email': flag,
  json: flag,
  timeout: text,
} as const

/** For how long an invitation can be good, in days. */
const MOST_DAYS = 30

/**
 * The organizations of a tenant, and invitations to them: `npm run organizations`.
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
  const [command, organization, ...emails] = positionals
  const tenant = tenantOf(sources, values.timeout)
  if (command === 'list' && organization === undefined) {
    return administer(tenant, values.json, streams, () => list(tenant, values.json, streams))
  }
  if (command !== 'invite' || organization === undefined || emails.length === 0) {
    throw new Error(USAGE)
  }
  const lifetime = Number(values.days) * 86_400
  if (!(lifetime >= 1 && lifetime <= MOST_DAYS * 86_400)) {
    throw new Error(`--days takes a number up to ${MOST_DAYS}.`)
  }
  const client = values.client ?? clientIn(sources, tenant)
  const request = {
    organization,
    client,
    inviter: values.inviter,
    roles: values.role,
    lifetime: Math.floor(lifetime),
    byMail: values['send-email'],
  }
  await administer(tenant, values.json, streams, async () => {
    await tenant.management.needs(...scopesToInvite(request))
    const invite = await inviting(tenant.management, request)
    await inviteAll(invite, emails, values.json, streams)
  })
}

function clientIn(sources: readonly Environment[], { isLocal }: Tenant): string {
  const client = setting(sources, 'AUTH0_CLIENT_ID', isLocal ? 'messages-web' : '')
  if (client !== '') return client
  throw new Error('Which client? Say it in --client, or in AUTH0_CLIENT_ID.')
}

async function list(
  { management }: { management: Management },
  json: boolean,
  { out }: Streams,
): Promise<void> {
  await management.needs('read:organizations')
  const organizations = await listOrganizations(management)
  if (json) return writeJson(out, organizations)
  const rows = organizations.map(({ id, name, display_name }) => [id, name, display_name])
  out.write(table(['ID', 'NAME', 'DISPLAY NAME'], rows))
}

/** Invites each of them, however it goes with the others. */
async function inviteAll(
  invite: (email: string) => Promise<Invited>,
  emails: readonly string[],
  json: boolean,
  { out, err }: Streams,
): Promise<void> {
  const progress = new Progress(err)
  const invited: Invited[] = []
  const failed: { email: string; error: Error }[] = []
  await Promise.all(
    emails.map(async (email) => {
      try {
        invited.push(await progress.during(`Invite ${email}`, () => invite(email)))
      } catch (error) {
        failed.push({ email, error: managementError(error) as Error })
      }
    }),
  )
  if (json) writeJson(out, { invited, failed })
  else for (const { email, link } of invited) out.write(`${email}  ${link}\n`)
  if (failed.length === 0) return
  const reasons = failed.map(({ email, error }) => `${email}: ${error.message}`)
  throw new Error(`${failed.length} of ${emails.length} not invited. ${reasons.join(' ')}`)
}

if (isEntry(import.meta.url)) {
  const streams = { out: process.stdout, err: process.stderr }
  await run(() => main(process.argv.slice(2), readEnvironment(), streams))
}
