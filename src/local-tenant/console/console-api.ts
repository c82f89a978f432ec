import type { AccessPolicy } from '../../access/policy.ts'
import type { Explanation, ServerAnswer } from '../../explain/explanation.ts'

/** The API that the console calls. */
export interface ConsoleApi {
  /** Its origin. */
  readonly url: string
  /** Its identifier, the audience of its access tokens. */
  readonly audience: string
  /** Its routes and their access policies. */
  readonly policies: ReadonlyMap<string, AccessPolicy>
  /** Explains how the API handles a token. */
  readonly explain: (token: string, response: ServerAnswer, route: string) => Explanation
}

/** The routes that require a token. */
export function protectedRoutes(policies: ConsoleApi['policies']): string[] {
  return [...policies].filter(([, policy]) => policy !== 'public').map(([route]) => route)
}

const TIMEOUT_MS = 5_000

const NOT_PRINTABLE_ASCII = /[^\x20-\x7e]/

/** Calls a route of the API over HTTP. The status is 0 if there is no response. */
export async function callApi(
  api: ConsoleApi,
  route: string,
  token?: string,
): Promise<ServerAnswer> {
  if (token !== undefined && NOT_PRINTABLE_ASCII.test(token)) {
    return {
      status: 0,
      message: 'This text cannot be sent: it contains line breaks or non-ASCII characters.',
    }
  }
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  try {
    const response = await fetch(`${api.url}${route}`, {
      headers,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const { message } = (await response.json()) as { message: string }
    const challenge = response.headers.get('www-authenticate') ?? undefined
    return { status: response.status, message, challenge }
  } catch {
    return { status: 0, message: 'The API does not answer.' }
  }
}
