import type { JsonObject } from './jws.ts'

/** Who a verified access token speaks for. */
export interface Principal {
  /** `sub`: the user, or the client itself for machine tokens. */
  readonly subject: string
  /** The `permissions` claim; empty where it is absent or not an array of strings. */
  readonly permissions: readonly string[]
  /** `org_id`: the organization that the user logged in to. */
  readonly organization: string | undefined
  /** `exp`: seconds since the epoch. */
  readonly expiresAt: number
}

/** Reads the principal from claims that have passed every rule. */
export function principalOf({ sub, permissions, org_id, exp }: JsonObject): Principal {
  return Object.freeze({
    subject: sub as string,
    permissions: Object.freeze(isStrings(permissions) ? permissions : []),
    organization: org_id as string | undefined,
    expiresAt: exp as number,
  })
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
