import { type Environment, setting } from '../../config/environment.ts'
import { secretSetting } from '../../config/sources/secret-files.ts'
import { tenantOrigin } from '../../config/tenant-port.ts'
import { createManagementClient, type ManagementClient } from '../../management/client/client.ts'
import { ManagementError, toManagementError } from '../../management/client/errors.ts'
import type { Credentials } from '../../management/client/token.ts'
import { isLoopback, issuerOf } from '../../tokens/issuer.ts'
import type { Streams } from './command.ts'

/** The tenant that a command administers. */
export interface ManagementTarget {
  readonly issuer: string
  /** The value for `AUTH0_DOMAIN`. */
  readonly domain: string
  readonly isLocal: boolean
  /** Whether it is the local tenant because no other one is configured. */
  readonly isDefault: boolean
  readonly management: ManagementClient
}

/** The local tenant's client for its Management API. It is not a secret. */
const LOCAL_CREDENTIALS = {
  clientId: 'local-management',
  clientSecret: 'local-management-secret',
}

/** RFC 6750 §2.1. fetch() would repeat any other text in its error message. */
const BEARER_TOKEN = /^[\w.~+/-]+=*$/

const MAX_TIMEOUT_MS = 600_000

/**
 * The configured tenant, or the local tenant if none is configured.
 *
 * @param timeout seconds for one request; the default is `AUTH0_MGMT_TIMEOUT` or 10
 * @throws Error if the configuration is invalid
 */
export function createTarget(
  sources: readonly Environment[],
  timeout: string | undefined,
): ManagementTarget {
  const configured = setting(sources, 'AUTH0_DOMAIN', setting(sources, 'AUTH0_MGMT_DOMAIN', ''))
  const isDefault = configured.trim() === ''
  const localTenant = tenantOrigin(sources)
  const domains = isDefault
    ? [localTenant]
    : configured.split(',').map((domain) => domain.trim().replace(/\/$/, ''))
  const managementDomain = setting(sources, 'AUTH0_MGMT_DOMAIN', String(domains[0]))
  const issuer = issuerOf(managementDomain)?.issuer
  if (issuer === undefined) throw new Error(`${managementDomain} is not a tenant domain.`)
  const isLocal = isLoopback(new URL(issuer))
  const timeoutMs = Number(timeout ?? setting(sources, 'AUTH0_MGMT_TIMEOUT', '10')) * 1000
  if (!(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
    throw new Error('Invalid timeout: expected seconds, more than 0 and at most 600.')
  }
  const configuredCredentials = readCredentials(sources)
  if (isDefault && configuredCredentials !== undefined) {
    throw new Error(
      `AUTH0_DOMAIN is not set, but AUTH0_MGMT_* is: the credentials would be sent to whatever listens at ${issuer}. Nothing was sent. Set AUTH0_DOMAIN to the tenant that they are for.`,
    )
  }
  const credentials = configuredCredentials ?? (isLocal ? LOCAL_CREDENTIALS : undefined)
  if (credentials === undefined) {
    throw new Error(
      `${issuer} requires credentials: set AUTH0_MGMT_CLIENT_ID and AUTH0_MGMT_CLIENT_SECRET, or AUTH0_MGMT_TOKEN, in the environment or in .env.`,
    )
  }
  const management = createManagementClient({ issuer, credentials, timeoutMs })
  return { issuer, domain: domains.join(), isLocal, isDefault, management }
}

function readCredentials(sources: readonly Environment[]): Credentials | undefined {
  const token = secretSetting(sources, 'AUTH0_MGMT_TOKEN').trim()
  if (token !== '' && !BEARER_TOKEN.test(token)) {
    throw new Error('AUTH0_MGMT_TOKEN is not a bearer token.')
  }
  if (token !== '') return { token }
  const clientId = setting(sources, 'AUTH0_MGMT_CLIENT_ID', '')
  const clientSecret = secretSetting(sources, 'AUTH0_MGMT_CLIENT_SECRET')
  return clientId === '' || clientSecret === '' ? undefined : { clientId, clientSecret }
}

/** Says which tenant a command reads or changes, before it does. */
export function announceTarget({ issuer, isLocal, isDefault }: ManagementTarget, { err }: Streams) {
  const reason = isDefault ? ', because AUTH0_DOMAIN is not set' : ''
  err.line(`Tenant: ${issuer}${isLocal ? ` (a local tenant${reason})` : ''}`)
}

/**
 * Runs a task and turns the errors of the Management API into a one-line message. With `json`, it
 * also writes the error to the output.
 *
 * @throws Error
 */
export async function reportErrors(
  { isLocal }: ManagementTarget,
  json: boolean,
  { out }: Streams,
  task: () => Promise<void>,
): Promise<void> {
  try {
    await task()
  } catch (cause) {
    const error = toManagementError(cause)
    if (!(error instanceof ManagementError)) throw error
    if (json) out.json({ error })
    if (!isLocal || error.code !== 'unreachable') throw error
    throw new Error(
      `${error.description} Start the local tenant with npm run dev, or set TENANT_PORT and TENANT_HTTPS as it has them, or AUTH0_DOMAIN to use another tenant.`,
    )
  }
}
