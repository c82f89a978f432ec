import type { Environment } from '../config/environment.ts'
import { extractToken } from '../explain/extract-token.ts'
import { boundedFetch } from '../utils/bounded-fetch.ts'
import { defineCommand, type Invocation } from './arguments/define-command.ts'
import { UsageError } from './arguments/usage-error.ts'
import { loadClientKey } from './calls/client-key.ts'
import { exchange, type SchemedToken } from './calls/exchange.ts'
import {
  requestPersonaToken,
  SECOND_FACTOR_OPTION,
  TokenRefusedError,
  tokenNotes,
} from './calls/persona-token.ts'
import { readText, type Streams } from './support/command.ts'
import { callLocalTenant } from './support/local-tenant.ts'

const BOUNDS = { timeoutMs: 60_000, maxBytes: 1024 * 1024, cuts: true }

const WITH_OLD_TOKEN =
  'To call with a token that you have from before, add --token "$TOKEN" (TOKEN=$(npm run --silent token -- user)).'

/** What can be the value of a header. */
const SENDABLE = /^[\x21-\x7e]+$/

const OPTIONS = {
  as: {
    type: 'string',
    value: 'persona',
    description: 'Whose token it is. The default is the first persona',
  },
  token: {
    type: 'string',
    value: 'token',
    description:
      'A token that you have, such as "$TOKEN", or - to read it from standard input. The default is a new one',
  },
  dpop: {
    type: 'boolean',
    default: false,
    description: 'Use a token that is bound to a key, and send a proof with each request',
  },
  ...SECOND_FACTOR_OPTION,
} as const

/** Calls the API with a token of the local tenant: `npm run call`. */
export const main = defineCommand({
  details:
    'The request is a GET. The heads of requests and responses go to standard error, the body of the last response goes to standard output.',
  operands: [{ name: 'path', description: 'The path of the API, such as /api/messages/admin' }],
  options: OPTIONS,
  examples: [
    { args: '/api/messages/protected', description: 'With the token of the first persona' },
    { args: '/api/messages/admin --as admin --dpop', description: 'With a bound token' },
    {
      args: '/api/messages/protected --token "$TOKEN"',
      description: 'With a token from before, also while the tenant is down',
    },
  ],
  exitCodes: '0 for a status of 2xx, 1 for another one, 2 without a response.',
  errorExitCode: 2,
  run: callApi,
})

async function callApi({ values, operands, sources, streams }: Invocation<typeof OPTIONS>) {
  const { out, err } = streams
  const [path = ''] = operands
  if (!path.startsWith('/')) throw new UsageError('The path must begin with a slash.')
  const api = await findApi(sources)
  const signer = values.dpop ? await loadClientKey() : undefined
  const show = (...lines: string[]) => err.line(...lines)
  const token =
    (await givenToken(values, streams.input)) ??
    (await newToken(sources, values.as ?? api.persona, {
      signer,
      show,
      secondFactor: values['second-factor'],
    }))
  for (const note of await tokenNotes(sources, token, values)) err.line(note, '')

  const url = `${api.url}${path}`
  const proofUri = `${api.publicUrl}${path.replace(/[?#].*/s, '')}`
  const { status, body } = await exchange(
    { method: 'GET', url, proofUri, token },
    {
      signer: token.type === 'DPoP' ? signer : undefined,
      show,
      send: (headers) => send(url, headers),
    },
  )
  out.text(body)
  return status >= 200 && status < 300 ? 0 : 1
}

/**
 * The token of the option.
 *
 * @returns undefined if there is none
 * @throws UsageError without its text, which may be a secret
 */
async function givenToken(
  {
    token: given,
    as: persona,
    dpop,
    'second-factor': factor,
  }: Invocation<typeof OPTIONS>['values'],
  input: Streams['input'],
): Promise<SchemedToken | undefined> {
  if (given === undefined) return undefined
  if (persona !== undefined) throw new UsageError('--token and --as exclude each other.')
  if (factor) throw new UsageError('--token and --second-factor exclude each other.')
  const token = extractToken(given === '-' ? await readText(input) : given)
  if (token === '') throw new UsageError('Missing token.')
  if (!SENDABLE.test(token)) throw new UsageError('The token has characters that no token has.')
  return { type: dpop ? 'DPoP' : 'Bearer', token }
}

/** @throws Error that says how to go on without a new token, if the tenant does not respond, or fails */
async function newToken(...args: Parameters<typeof requestPersonaToken>): Promise<SchemedToken> {
  try {
    return await requestPersonaToken(...args)
  } catch (error) {
    if (error instanceof UsageError || error instanceof TokenRefusedError) throw error
    throw new Error(`No new token: ${(error as Error).message} ${WITH_OLD_TOKEN}`)
  }
}

async function send(url: string, headers: Record<string, string>): Promise<Response> {
  try {
    return await boundedFetch(url, BOUNDS, { headers, redirect: 'manual' })
  } catch (error) {
    throw new Error(`There is no response from ${new URL(url).origin}.`, { cause: error })
  }
}

/** The API of `npm run dev`, as the local tenant reports it. */
interface Api {
  readonly url: string
  /** The URL at which clients reach it. A proof has this one. */
  readonly publicUrl: string
  /** The name of the first persona. */
  readonly persona: string
}

/** @throws Error if the local tenant does not run, or has no API */
async function findApi(sources: readonly Environment[]): Promise<Api> {
  const response = await callLocalTenant(sources, '/local-tenant/environment', {})
  const { api } = (await response.json().catch(() => ({}))) as { readonly api?: Api }
  if (api !== undefined) return api
  throw new Error('No API is connected to the local tenant. Start both with npm run dev.')
}
