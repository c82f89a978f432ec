import type { AccessPolicy } from '../../access/policy.ts'
import type { Explanation, ServerAnswer } from '../../explain/explanation.ts'

/** The API beside the tenant, as the console knows it. */
export interface Api {
  /** Its origin. */
  readonly url: string
  /** Its identifier. */
  readonly audience: string
  /** Its routes, and what each of them declares. */
  readonly policies: ReadonlyMap<string, AccessPolicy>
  /** What the API makes of a token, and why. */
  readonly explain: (token: string, answer: ServerAnswer, route: string) => Explanation
}

/** The routes for which a token means anything. */
export function guarded(policies: Api['policies']): string[] {
  return [...policies].filter(([, policy]) => policy !== 'public').map(([route]) => route)
}

/** For one call, in milliseconds. */
const TIMEOUT = 5_000

/** What no header may hold; a text with any of it was never a token. */
const UNSENDABLE = /[^\x20-\x7e]/

/** Calls the API as any client would, without a token or with one. */
export async function callApi(api: Api, route: string, token?: string): Promise<ServerAnswer> {
  if (token !== undefined && UNSENDABLE.test(token)) {
    return {
      status: 0,
      message: 'This text cannot be sent: it holds line breaks or other letters.',
    }
  }
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  try {
    const response = await fetch(`${api.url}${route}`, {
      headers,
      signal: AbortSignal.timeout(TIMEOUT),
    })
    const { message } = (await response.json()) as { message: string }
    const challenge = response.headers.get('www-authenticate') ?? undefined
    return { status: response.status, message, challenge }
  } catch {
    return { status: 0, message: 'The API does not answer.' }
  }
}
