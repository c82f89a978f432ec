import type { AccessPolicy } from '../../access/policy.ts'
import type { Explanation, ServerAnswer } from '../../explain/explanation.ts'
import type { KeySetState, KnownKeys } from '../../tokens/keys/remote-jwks.ts'
import { OAuthError } from '../protocol/oauth-error.ts'

/** A request with a token, for the running API to decide. */
export interface ApiRequest {
  readonly method: string
  readonly path: string
  /** The value of the header `Host`. */
  readonly host: string
  readonly token: string | undefined
  /** With a proof, the token is sent with the scheme DPoP, otherwise with Bearer. */
  readonly proof?: string | undefined
}

/** What the API answers about a route. */
export interface RouteAnswer extends ServerAnswer {
  /** A nonce for the next proof, if the API wants one. */
  readonly nonce?: string | undefined
}

/** The keys that the API has, and when it fetches them again. */
export interface ApiKeys extends KnownKeys, KeySetState {
  /** In these, `since` is in milliseconds since the epoch. */
  readonly keys: KnownKeys['keys']
  readonly age: KnownKeys['age']
}

/** What the running API answers, with the keys that it has. */
export interface RunningAnswer extends RouteAnswer {
  readonly keySet: KeySetState
}

export interface ConsoleLink {
  readonly name: string
  readonly url: string
}

/** The API that the console shows. */
export interface ConsoleApi {
  /** The directory of its project. */
  readonly project: string
  /** Its origin. */
  readonly url: string
  /** The URL at which clients reach it, without a slash at its end. Proofs name this one. */
  readonly publicUrl: string
  /** Its identifier, the audience of its access tokens. */
  readonly audience: string
  readonly knownKeys: () => ApiKeys
  /** Lets it fetch the key set of the tenant. @returns whether it succeeded */
  readonly fetchKeys: () => Promise<boolean>
  /** What else runs, for links: the API itself, its documents, the login, the client. */
  readonly links: () => Promise<readonly ConsoleLink[]>
  /** Its routes, such as `/api/notes` or `POST /api/notes`, and their access policies. */
  readonly policies: ReadonlyMap<string, AccessPolicy>
  /** Whether a route accepts only tokens that are bound to a key of the client. */
  readonly requiresBoundToken: (route: string) => boolean
  /** What the API would do with a request. No handler runs. */
  readonly decide: (request: ApiRequest) => Promise<RunningAnswer>
  /** The same for one of its routes. */
  readonly decideRoute: (
    route: string,
    token: string | undefined,
    proof?: string,
  ) => Promise<RouteAnswer>
  /** The request of `decideRoute`, as a proof names it. */
  readonly targetOf: (route: string) => { readonly method: string; readonly uri: string }
  /** Explains how the API handles a token. */
  readonly explain: (token: string, response: ServerAnswer, route: string) => Explanation
}

/** The label of a GET route without parameters: it can be called without knowing more. */
export const PLAIN_GET = /^\/[\w\-./~]*$/

/** The routes that require a token. */
export function protectedRoutes(policies: ConsoleApi['policies']): string[] {
  return [...policies].filter(([, policy]) => policy !== 'public').map(([route]) => route)
}

export const NO_API = 'No API is connected to this tenant. Start both with npm run dev.'

/** @throws OAuthError if the API does not run */
export function requireApi(api: () => ConsoleApi | undefined): ConsoleApi {
  const running = api()
  if (running === undefined) throw new OAuthError('temporarily_unavailable', NO_API, 503)
  return running
}

const NOT_PRINTABLE_ASCII = /[^\x20-\x7e]/

/** Lets the API decide about a token. The status is 0 if there is no decision. */
export async function decideRoute(
  api: ConsoleApi,
  route: string,
  token?: string,
  proof?: string,
): Promise<RouteAnswer> {
  if ([token, proof].some((text) => text !== undefined && NOT_PRINTABLE_ASCII.test(text))) {
    return {
      status: 0,
      message: 'This text cannot be sent: it contains line breaks or non-ASCII characters.',
    }
  }
  try {
    return await api.decideRoute(route, token, proof)
  } catch {
    return { status: 0, message: 'The API does not answer.' }
  }
}
