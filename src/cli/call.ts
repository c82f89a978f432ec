import type { Environment } from '../config/environment.ts'
import { boundedFetch } from '../utils/bounded-fetch.ts'
import { defineCommand, type Invocation } from './arguments/define-command.ts'
import { UsageError } from './arguments/usage-error.ts'
import { loadClientKey } from './calls/client-key.ts'
import { exchange } from './calls/exchange.ts'
import { PLAIN_TOKEN_NOTE, requestPersonaToken } from './calls/persona-token.ts'
import { callLocalTenant } from './support/local-tenant.ts'

const BOUNDS = { timeoutMs: 60_000, maxBytes: 1024 * 1024, cuts: true }

const OPTIONS = {
  as: {
    type: 'string',
    value: 'persona',
    description: 'Whose token it is. The default is the first persona',
  },
  dpop: {
    type: 'boolean',
    default: false,
    description: 'Use a token that is bound to a key, and send a proof with each request',
  },
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
  const token = await requestPersonaToken(sources, values.as ?? api.persona, { signer, show })
  const isBound = token.type === 'DPoP'
  if (values.dpop && !isBound) err.line(PLAIN_TOKEN_NOTE, '')

  const url = `${api.url}${path}`
  const proofUri = `${api.publicUrl}${path.replace(/[?#].*/s, '')}`
  const { status, body } = await exchange(
    { method: 'GET', url, proofUri, token },
    {
      signer: isBound ? signer : undefined,
      show,
      send: (headers) => send(url, headers),
    },
  )
  out.text(body)
  return status >= 200 && status < 300 ? 0 : 1
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
