import type { Config } from '../config/config.ts'
import { printable } from '../explain/printable.ts'
import { fetchJwks } from '../tokens/keys/fetch-jwks.ts'
import { parseJwks } from '../tokens/keys/jwks.ts'
import type { Finding } from './diagnose.ts'

const DOMAIN =
  "See whether AUTH0_DOMAIN is the tenant's domain as the dashboard has it (Applications → (any) → Settings → Domain)."

/** For each call to the tenant, in milliseconds. */
const TIMEOUT = 5_000

/** Whether the tenant answers, under which name, and what time it is there. */
export async function examineTenant({
  tokens: { issuer, clockTolerance },
}: Config): Promise<Finding[]> {
  const url = `${issuer}.well-known/openid-configuration`
  const began = Date.now()
  try {
    const response = await ask(url)
    const now = (began + Date.now()) / 2
    const found = `answers ${response.status} after ${Date.now() - began} ms`
    const down = response.status >= 500 && { hint: 'It is in trouble. Try again later.' }
    const reached = { name: 'tenant', found, ...down }
    return [
      reached,
      clock(response.headers.get('date'), now, clockTolerance),
      await discovery(response, issuer),
    ]
  } catch (error) {
    const hint = `${url} does not answer (${reasonOf(error)}). ${DOMAIN} See, too, whether this machine may reach it.`
    return [{ name: 'tenant', found: 'cannot be reached', hint }]
  }
}

function clock(date: string | null, now: number, tolerance: number): Finding {
  const name = 'clock'
  if (date === null) return { name, found: 'the tenant does not say what time it is' }
  // The header counts whole seconds, which have begun half a second ago on average.
  const skew = Math.round((now - Date.parse(date) - 500) / 1000)
  const found = `${Math.abs(skew)} s ${skew < 0 ? 'behind' : 'ahead of'} the tenant's`
  return Math.abs(skew) <= tolerance
    ? { name, found }
    : {
        name,
        found,
        hint: 'Set the clock of this machine by NTP: tokens seem expired, or of the future.',
      }
}

async function discovery(response: Response, issuer: string): Promise<Finding> {
  const document = (await response.json().catch(() => null)) as { issuer?: unknown } | null
  const theirs = document?.issuer
  if (theirs === issuer) return { name: 'discovery', found: `names ${issuer} too` }
  return typeof theirs === 'string'
    ? {
        name: 'discovery',
        found: `names another issuer: ${printable(theirs)}`,
        hint: 'Tokens will carry that one, and be refused. Set AUTH0_DOMAIN to its host.',
      }
    : { name: 'discovery', found: 'there is no discovery document; this server needs none' }
}

/** Which keys of the tenant can be used. */
export async function examineKeySet({ jwksUrl, tokens: { algorithms } }: Config): Promise<Finding> {
  const name = 'key set'
  try {
    const { keys, unusable } = parseJwks(await fetchJwks(jwksUrl, TIMEOUT), algorithms)
    const found = [
      ...keys.map(({ kid, algorithms, key }) => {
        const { modulusLength } = Object(key.asymmetricKeyDetails) as { modulusLength?: number }
        return `${printable(kid)} (${[...algorithms, ...(modulusLength ? [`${modulusLength} bits`] : [])].join(', ')})`
      }),
      ...unusable.map(({ kid, reason }) => `${printable(kid)} left out, since it ${reason}`),
    ].join('; ')
    if (keys.length > 0) return { name, found }
    return unusable.length === 0
      ? { name, found: 'empty', hint: `The tenant publishes no key at ${jwksUrl}. ${DOMAIN}` }
      : {
          name,
          found,
          hint: `None can be used for ${algorithms.join(', ')} (ACCESS_TOKEN_ALGORITHMS).`,
        }
  } catch (error) {
    const hint = `${jwksUrl} has to answer 200 with a key set: without it, no token can be judged. ${DOMAIN}`
    return { name, found: reasonOf(error), hint }
  }
}

/** Asks what should answer at once. */
export function ask(url: string): Promise<Response> {
  return fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT) })
}

/** What is behind "fetch failed". */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: Error & { code?: string } }
  return cause?.code ?? cause?.message ?? message
}
