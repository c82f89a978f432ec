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
import { defineCommandGroup } from './arguments/define-command.ts'
import type { NoOptions } from './arguments/syntax.ts'
import { UsageError } from './arguments/usage-error.ts'
import type { Streams } from './support/command.ts'
import { formatTable } from './support/format-table.ts'
import {
  type ManagementInvocation,
  managementCommand,
  WHICH_TENANT,
} from './support/management-command.ts'
import { Progress } from './support/progress.ts'

const INVITE_OPTIONS = {
  client: {
    type: 'string',
    value: 'id',
    description:
      'The client whose login page the link opens; AUTH0_CLIENT_ID by default, or messages-web at the local tenant',
  },
  inviter: {
    type: 'string',
    value: 'name',
    default: 'Messages',
    description: 'Who invites, for the e-mail',
  },
  role: {
    type: 'string',
    value: 'name',
    multiple: true,
    default: [] as string[],
    description: 'A role that the new member gets',
  },
  days: { type: 'string', value: 'days', default: '7', description: 'How long the link is valid' },
  'send-email': { type: 'boolean', default: false, description: 'Let the tenant send the link' },
} as const

const ORGANIZATION = { name: 'organization', description: 'The name or id of the organization' }

const SECONDS_PER_DAY = 86_400

/** The Management API accepts 30 days at most. */
const MAX_DAYS = 30

/** The organizations of a tenant, and invitations to them: `npm run organizations`. */
export const main = defineCommandGroup(
  {
    details: WHICH_TENANT,
    examples: [
      { args: 'list', description: 'All organizations' },
      { args: 'invite acme new@example.com', description: 'Print a link to join Acme' },
    ],
  },
  {
    list: managementCommand({
      summary: 'List the organizations',
      options: {},
      examples: [{ args: '--json', description: 'All of them for a program' }],
      run: list,
    }),
    invite: managementCommand({
      summary: 'Invite people to an organization, and print a link for each',
      operands: [
        ORGANIZATION,
        { name: 'e-mail', description: 'The address of a person', isRepeated: true },
      ],
      options: INVITE_OPTIONS,
      examples: [
        { args: 'acme new@example.com --role admin', description: 'With a role' },
        { args: 'acme a@example.com b@example.com --days 1', description: 'Two, for a day' },
      ],
      run: invite,
    }),
    invitations: managementCommand({
      summary: 'List the open invitations, without their links',
      operands: [ORGANIZATION],
      options: {},
      examples: [{ args: 'acme', description: 'Those to Acme' }],
      run: invitations,
    }),
    revoke: managementCommand({
      summary: 'Make links of invitations stop working',
      operands: [
        ORGANIZATION,
        { name: 'invitation', description: 'The id of an invitation, uinv_…', isRepeated: true },
      ],
      options: {},
      examples: [{ args: 'acme uinv_abc', description: 'One invitation' }],
      run: revoke,
    }),
  },
)

async function list({ target, values, streams: { out } }: ManagementInvocation<NoOptions>) {
  const { management } = target
  await management.requireScopes('read:organizations')
  const organizations = await listOrganizations(management)
  if (values.json) return out.json(organizations)
  const rows = organizations.map(({ id, name, display_name }) => [id, name, display_name])
  out.line(...formatTable(['ID', 'NAME', 'DISPLAY NAME'], rows))
}

async function invite(invocation: ManagementInvocation<typeof INVITE_OPTIONS>): Promise<void> {
  const { target, values, operands, sources, streams } = invocation
  const [organization = '', ...emails] = operands
  const invalid = emails.filter((email) => !isEmailAddress(email))
  if (invalid.length > 0) throw new UsageError(`Invalid e-mail address: ${invalid.join(', ')}.`)
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
async function invitations(invocation: ManagementInvocation<NoOptions>): Promise<void> {
  const { target, values, operands, streams } = invocation
  const organization = String(operands[0])
  const { management } = target
  await management.requireScopes(...invitationScopes(organization, 'read'))
  const found = await listInvitations(management, organization)
  if (values.json) return streams.out.json(found)
  const rows = found.map(({ id, email, inviter, expires_at }) => [id, email, inviter, expires_at])
  streams.out.line(...formatTable(['ID', 'E-MAIL', 'INVITED BY', 'EXPIRES'], rows))
}

async function revoke(invocation: ManagementInvocation<NoOptions>): Promise<void> {
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
  throw new UsageError(`--days must be a number up to ${MAX_DAYS}.`)
}

function readClientId(sources: readonly Environment[], isLocal: boolean): string {
  const client = setting(sources, 'AUTH0_CLIENT_ID', isLocal ? 'messages-web' : '')
  if (client !== '') return client
  throw new UsageError('Missing --client (or AUTH0_CLIENT_ID).')
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
