import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { loadConfig } from '../config/load-config.ts'
import { decodedOrEmpty } from '../explain/advice.ts'
import {
  type Explanation,
  explain,
  serverContext,
  withFreshAnswer,
} from '../explain/explanation.ts'
import { extractProof, extractToken, namesDpopScheme } from '../explain/extract-token.ts'
import { MAX_HEADER_BYTES } from '../plugins/request-head.ts'
import { loadServer } from '../project/load-project.ts'
import { findProject } from '../project/project.ts'
import { assemble } from '../server.ts'
import { defineCommand, type Invocation } from './arguments/define-command.ts'
import { JSON_OPTION } from './arguments/syntax.ts'
import { UsageError } from './arguments/usage-error.ts'
import { type ExplainedOptions, explainedRequest } from './explained-request.ts'
import { readText } from './support/command.ts'
import { type ExaminedServer, findServer, noteOf } from './support/examined-server.ts'
import { explanationReport } from './support/explanation-report.ts'

const EXIT_CODES = { accepted: 0, refused: 1, undecided: 2 } as const

const OPTIONS = {
  method: { type: 'string', value: 'method', default: 'GET', description: 'The method' },
  route: {
    type: 'string',
    value: 'path or URL',
    description:
      'The route, such as /api/notes/1; the first one that requires a token by default. A URL if organizations have subdomains',
  },
  url: {
    type: 'string',
    value: 'URL',
    description: 'The whole URL that the client called, of a request with a proof',
  },
  proof: {
    type: 'string',
    value: 'proof',
    description: 'The value of the DPoP header, if the token is bound to a key',
  },
  ...JSON_OPTION,
} as const

const PROOF_USAGE =
  'To check the proof of such a request too: explain --proof <value of the DPoP header> --method <method> --url <URL that the client called>, with the token on standard input'

/** Base64url can begin with a dash. All options are shorter than this. */
const DASHED_TOKEN = /^-[\w-]{15,}$/

/** Explains why this server accepts or rejects a token: `npm run explain`. */
export const main = defineCommand({
  details:
    'Lets this server decide a request with a token. No handler runs. Pass the token on standard input, so that it is not in the history of the shell.',
  operands: [
    {
      name: 'token',
      description: 'The token; read from standard input by default',
      isOptional: true,
      isRepeated: true,
    },
  ],
  options: OPTIONS,
  examples: [
    // #region local-tenant
    { input: 'token admin', args: '', description: 'A token of the local tenant' },
    // #endregion local-tenant
    {
      ...{ shellInput: 'echo "$TOKEN"', args: '--route /api/messages/admin' },
      description: 'A token in a variable, and another route',
    },
    { shellInput: 'echo "$TOKEN"', args: '--json', description: 'Every check for a program' },
  ],
  exitCodes: '0 accepted, 1 rejected, 2 not checked',
  errorExitCode: 2,
  normalize: (args) => args.map((arg) => (DASHED_TOKEN.test(arg) ? ` ${arg}` : arg)),
  run: explainArguments,
})

/** The token is read from the input if no argument contains it, unless the input is a terminal. */
async function explainArguments({
  values,
  operands,
  sources,
  streams: { input, out, err },
}: Invocation<typeof OPTIONS>): Promise<number> {
  const text = operands.join(' ') || (await readText(input))
  const token = extractToken(text)
  if (token === '') throw new UsageError('Missing token.')
  checkTargets(values)
  const scheme = values.proof !== undefined || namesDpopScheme(text) ? 'DPoP' : 'Bearer'
  const server = await findServer(sources)
  const note = noteOf(server)
  if (note !== undefined) err.line(note)
  const explanation = await explainToken(token, scheme, values, server)
  if (values.json) out.json(explanation)
  else out.line(...explanationReport(explanation, server.faults))
  if (!values.json && explanation.code === 'token_needs_dpop') out.line(PROOF_USAGE)
  return EXIT_CODES[explanation.result]
}

/** @throws UsageError */
function checkTargets({ route = '', url, proof }: ExplainedOptions): void {
  if (isUrl(route) && !URL.canParse(route)) throw new UsageError('--route is not a path or a URL.')
  if (url === undefined && proof === undefined) return
  if (url === undefined) throw new UsageError('--proof needs --url, which the client called.')
  if (!isUrl(url) || !URL.canParse(url)) throw new UsageError('--url is not a URL.')
}

function isUrl(target: string): boolean {
  return /^https?:/.test(target)
}

/**
 * Lets the server decide, in this process, and asks the one that runs. Nothing listens, and no resource
 * is started.
 */
async function explainToken(
  token: string,
  scheme: 'Bearer' | 'DPoP',
  options: ExplainedOptions,
  { sources, decide }: ExaminedServer,
): Promise<Explanation> {
  const { config } = loadConfig(...sources)
  const definition = await loadServer(findProject(process.cwd()))
  const { app } = await assemble(definition, config, pino({ level: 'silent' }))
  try {
    await app.ready()
    const request = explainedRequest(options, firstProtectedRoute(app.policies), config)
    if (request === undefined) throw noSuchRoute(app.policies)
    const { method, path, host, hostname, forwarded } = request
    const isBound = scheme === 'DPoP'
    const proof = options.proof === undefined ? undefined : extractProof(options.proof)
    const { headers, ...from } = forwarded
    const result = await app.dryRun({
      ...from,
      method,
      url: path,
      headers: {
        ...headers,
        host,
        authorization: `${scheme} ${token}`,
        ...(proof !== undefined && { dpop: proof }),
      },
    })
    if (result.access === undefined || result.status === 405) {
      throw noSuchRoute(app.policies)
    }
    // Such a header is rejected before any hook runs, which the dry run does not see.
    const fresh = token.length > MAX_HEADER_BYTES ? TOO_LARGE : result
    // A token of another tenant stays in this process, since anything may listen on the port.
    const isLocal = decodedOrEmpty(token).claims['iss'] === config.tokens.issuer
    const running = isLocal && !isBound ? await decide?.({ method, path, host, token }) : undefined
    const context = {
      ...serverContext(config),
      keySet: running?.keySet,
      host: hostname,
      now: Date.now() / 1000,
      proof: isBound ? { text: proof, inspection: result.proof } : undefined,
    }
    const explanation = explain(token, running ?? fresh, result.access, context)
    return withFreshAnswer(explanation, fresh)
  } finally {
    await app.close()
  }
}

const TOO_LARGE = { status: 431, message: 'Request Header Fields Too Large' }

function noSuchRoute(policies: FastifyInstance['policies']): Error {
  const routes = [...policies].flatMap(([path, methods]) =>
    [...methods.keys()].filter((method) => method !== 'HEAD').map((method) => `${method} ${path}`),
  )
  return new Error(`There is no such route. Routes: ${routes.join(', ')}`)
}

function firstProtectedRoute(policies: FastifyInstance['policies']): string {
  const routes = [...policies].filter(([, methods]) => {
    const access = methods.get('GET')
    return access !== undefined && access !== 'public'
  })
  return [...routes.map(([path]) => path), '/'].at(0) as string
}
