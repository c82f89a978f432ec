import type { Environment } from '../../config/environment.ts'
import type { Invocation } from '../arguments/define-command.ts'
import type { JSON_OPTION } from '../arguments/syntax.ts'
import { callLocalTenant, jsonRequest } from '../support/local-tenant.ts'

export type TenantInvocation = Invocation<typeof JSON_OPTION>

/** The faults that last, with the delay of `slow` and the rest of the others, in seconds. */
export type ActiveFaults = Readonly<Partial<Record<'slow' | 'down' | 'rate-limit', number>>>

/**
 * Calls a control of the local tenant.
 *
 * @throws Error with the reason of the local tenant
 */
export async function control<T>(
  sources: readonly Environment[],
  path: string,
  body?: object,
): Promise<T> {
  const response = await callLocalTenant(sources, `/local-tenant/${path}`, jsonRequest(body))
  const result = (await response.json()) as T & { error_description?: string }
  if (result.error_description !== undefined) throw new Error(result.error_description)
  return result
}

/** One sentence for each fault that lasts. */
export function describeFaults({ slow, down, 'rate-limit': limited }: ActiveFaults): string[] {
  return [
    ...(down === undefined ? [] : [`Every request gets 503 for ${down} s.`]),
    ...(slow === undefined ? [] : [`Every response is delayed by ${slow} s, until "up".`]),
    ...(limited === undefined ? [] : [`The Management API answers 429 for ${limited} s.`]),
  ]
}
