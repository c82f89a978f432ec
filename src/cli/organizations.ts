import { type Environment, setting } from '../config/environment.ts'
import { toManagementError } from '../management/client/errors.ts'
import {
  createInviter,
  createRevoker,
  type InvitationLink,
  type InvitationRequest,
  invitationScopes,
  listInvitations,
  listOrganizations,
  scopesToInvite,
} from '../management/organizations.ts'
import { isEmailAddress } from '../utils/email-address.ts'
import type { Streams } from './support/command.ts'
import { formatTable } from './support/format-table.ts'
import { type Invocation, managementCommand } from './support/management-command.ts'
import { Progress } from './support/progress.ts'

const USAGE = `Usage: npm run organizations -- list [--json]
       npm run organizations -- invite <organization> <e-mail>… [--client <id>] [--inviter <name>]
         [--role <name>]… [--days 7] [--send-email] [--json]
       npm run organizations -- invitations <organization> [--json]
       npm run organizations -- revoke <organization> <invitation>… [--json]
  The link opens the login page of the client. The default client is AUTH0_CLIENT_ID, or
  messages-web for the local tenant. All of them accept --timeout <seconds>.`

const OPTIONS = {
  client: { type: 'string' },
  inviter: { type: 'string', default: 'Messages' },
  role: { type: 'string', multiple: true, default: [] as string[] },
  days: { type: 'string', default: '7' },
  'send-email': { type: 'boolean', default: false },
} as const

type OrganizationInvocation = Invocation<typeof OPTIONS>

const SECONDS_PER_DAY = 86_400

/** The Management API accepts 30 days at most. */
const MAX_DAYS = 30

/** The organizations of a tenant, and invitations to them: `npm run organizations`. */
export const main = managementCommand(USAGE, OPTIONS, {
  list: { minOperands: 0, maxOperands: 0, run: list },
  invite: { minOperands: 2, maxOperands: Number.POSITIVE_INFINITY, run: invite },
  invitations: { minOperands: 1, maxOperands: 1, run: invitations },
  revoke: { minOperands: 2, maxOperands: Number.POSITIVE_INFINITY, run: revoke },
})

async function list({ target, values, streams: { out } }: OrganizationInvocation): Promise<void> {
  const { management } = target
  await management.requireScopes('read:organizations')
  const organizations = await listOrganizations(management)
  if (values.json) return out.json(organizations)
  const rows = organizations.map(({ id, name, display_name }) => [id, name, display_name])
  out.line(...formatTable(['ID', 'NAME', 'DISPLAY NAME'], rows))
}

async function invite(invocation: OrganizationInvocation): Promise<void> {
  const { target, values, operands, sources, streams } = invocation
  const [organization = '', ...emails] = operands
  const invalid = emails.filter((email) => !isEmailAddress(email))
  if (invalid.length > 0) throw new Error(`Invalid e-mail address: ${invalid.join(', ')}.`)
  const request: InvitationRequest = {
    organization,
    client: values.client ?? readClientId(sources, target.isLocal),
    inviter: values.inviter,
    roles: values.role,
    lifetimeSeconds: parseLifetime(values.days),
    sendEmail: values['send-email'],
  }
  await target.management.requireScopes(...scopesToInvite(request))
  const inviteOne = await createInviter(target.management, request)
  await inviteAll(inviteOne, emails, values.json, streams)
}

/** The links are not shown: anyone who has one can use it. */
async function invitations({ target, values, operands, streams }: OrganizationInvocation) {
  const organization = String(operands[0])
  const { management } = target
  await management.requireScopes(...invitationScopes(organization, 'read'))
  const found = await listInvitations(management, organization)
  if (values.json) return streams.out.json(found)
  const rows = found.map(({ id, email, inviter, expires_at }) => [id, email, inviter, expires_at])
  streams.out.line(...formatTable(['ID', 'E-MAIL', 'INVITED BY', 'EXPIRES'], rows))
}

async function revoke(invocation: OrganizationInvocation): Promise<void> {
  const { target, values, operands, streams } = invocation
  const [organization = '', ...ids] = operands
  const { management } = target
  await management.requireScopes(...invitationScopes(organization, 'delete'))
  const revokeOne = await createRevoker(management, organization)
  const progress = new Progress(streams.err)
  for (const id of ids) await progress.during(`Revoke ${id}`, () => revokeOne(id))
  if (values.json) streams.out.json({ revoked: ids })
}

/** @returns seconds */
function parseLifetime(days: string): number {
  const seconds = Number(days) * SECONDS_PER_DAY
  if (seconds >= 1 && seconds <= MAX_DAYS * SECONDS_PER_DAY) return Math.floor(seconds)
  throw new Error(`--days must be a number up to ${MAX_DAYS}.`)
}

function readClientId(sources: readonly Environment[], isLocal: boolean): string {
  const client = setting(sources, 'AUTH0_CLIENT_ID', isLocal ? 'messages-web' : '')
  if (client !== '') return client
  throw new Error('Missing --client (or AUTH0_CLIENT_ID).')
}

/** Invites everyone. A failed invitation does not stop the others. */
async function inviteAll(
  inviteOne: (email: string) => Promise<InvitationLink>,
  emails: readonly string[],
  json: boolean,
  { out, err }: Streams,
): Promise<void> {
  const progress = new Progress(err)
  const invited: InvitationLink[] = []
  const failed: { email: string; error: Error }[] = []
  await Promise.all(
    emails.map(async (email) => {
      try {
        invited.push(await progress.during(`Invite ${email}`, () => inviteOne(email)))
      } catch (error) {
        failed.push({ email, error: toManagementError(error) as Error })
      }
    }),
  )
  if (json) out.json({ invited, failed })
  else for (const { email, link } of invited) out.line(`${email}  ${link}`)
  if (failed.length === 0) return
  const reasons = failed.map(({ email, error }) => `${email}: ${error.message}`)
  throw new Error(`${failed.length} of ${emails.length} invitations failed. ${reasons.join(' ')}`)
}
