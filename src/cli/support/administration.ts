import type { Writable } from 'node:stream'
import { type Environment, setting } from '../../config/environment.ts'
import { tenantPort } from '../../config/tenant-port.ts'
import { type Management, managementOf } from '../../management/client/client.ts'
import { ManagementError, managementError } from '../../management/client/errors.ts'
import type { Credentials } from '../../management/client/token.ts'
import { isLoopback, issuerOf } from '../../tokens/issuer.ts'

/** Where a command writes: results to one, what it is doing and what fails to the other. */
export interface Streams {
  readonly out: Writable
  readonly err: Writable & { readonly isTTY?: boolean }
}

/** A tenant to administer. */
export interface Tenant {
  readonly issuer: string
  /** What `AUTH0_DOMAIN` says of it, or has to say. */
  readonly domain: string
  /** Whether it is the local one. */
  readonly isLocal: boolean
  readonly management: Management
}

/** Who administers the local tenant, to which nobody needs to be kept out of. */
const LOCAL = { clientId: 'local-management', clientSecret: 'local-management-secret' }

/** RFC 6750 §2.1. Another text would be repeated in the error that it leads to. */
const TOKEN = /^[\w.~+/-]+=*$/

/**
 * The tenant that is configured, or the local one where none is.
 *
 * @param seconds for one request; `AUTH0_MGMT_TIMEOUT` or 10 where it is undefined
 * @throws Error where the configuration does not do
 */
export function tenantOf(sources: readonly Environment[], seconds: string | undefined): Tenant {
  const local = `http://localhost:${tenantPort(sources)}`
  const domain = setting(sources, 'AUTH0_DOMAIN', local).trim().replace(/\/$/, '')
  const own = setting(sources, 'AUTH0_MGMT_DOMAIN', domain)
  const issuer = issuerOf(own)?.issuer
  if (issuer === undefined) throw new Error(`${own} is no domain of a tenant.`)
  const isLocal = new URL(issuer).protocol === 'http:' && isLoopback(new URL(issuer))
  const timeout = Number(seconds ?? setting(sources, 'AUTH0_MGMT_TIMEOUT', '10')) * 1000
  if (!(timeout > 0 && timeout <= 600_000)) {
    throw new Error('The time-out is wrong: expected seconds, more than 0 and up to 600.')
  }
  const credentials = credentialsIn(sources) ?? (isLocal ? LOCAL : undefined)
  if (credentials === undefined) {
    throw new Error(
      `${issuer} takes credentials: expected AUTH0_MGMT_CLIENT_ID and AUTH0_MGMT_CLIENT_SECRET, or AUTH0_MGMT_TOKEN, in the environment or in .env.`,
    )
  }
  return { issuer, domain, isLocal, management: managementOf({ issuer, credentials, timeout }) }
}

function credentialsIn(sources: readonly Environment[]): Credentials | undefined {
  const token = setting(sources, 'AUTH0_MGMT_TOKEN', '').trim()
  if (token !== '' && !TOKEN.test(token)) throw new Error('AUTH0_MGMT_TOKEN is no bearer token.')
  if (token !== '') return { token }
  const clientId = setting(sources, 'AUTH0_MGMT_CLIENT_ID', '')
  const clientSecret = setting(sources, 'AUTH0_MGMT_CLIENT_SECRET', '')
  return clientId === '' || clientSecret === '' ? undefined : { clientId, clientSecret }
}

/**
 * Administers a tenant. What the Management API has against it is told in one line; with `json`,
 * programs read it on the standard output as well.
 *
 * @throws Error
 */
export async function administer(
  { isLocal }: Tenant,
  json: boolean,
  { out }: Streams,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (failure) {
    const error = managementError(failure)
    if (!(error instanceof ManagementError)) throw error
    if (json) writeJson(out, { error })
    if (!isLocal || error.code !== 'unreachable') throw error
    throw new Error(
      `${error.description} Start the local tenant with npm run dev, or say which tenant in AUTH0_DOMAIN.`,
    )
  }
}

export function writeJson(out: Writable, value: unknown): void {
  out.write(`${JSON.stringify(value, null, 2)}\n`)
}
