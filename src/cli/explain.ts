import { METHODS } from 'node:http'
import { parseArgs } from 'node:util'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import type { Environment } from '../config/environment.ts'
import { loadConfig } from '../config/load-config.ts'
import { decodedOrEmpty } from '../explain/advice.ts'
import {
  type Explanation,
  explain,
  serverContext,
  withFreshAnswer,
} from '../explain/explanation.ts'
import { extractToken } from '../explain/extract-token.ts'
import type { DryRunRequest } from '../plugins/dry-run.ts'
import { MAX_HEADER_BYTES } from '../plugins/request-head.ts'
import { loadServer } from '../project/load-project.ts'
import { findProject } from '../project/project.ts'
import { assemble } from '../server.ts'
import { readText, type Streams } from './support/command.ts'
import { type ExaminedServer, findServer, noteOf } from './support/examined-server.ts'
import { explanationReport } from './support/explanation-report.ts'

const USAGE = `Usage: npm run --silent explain -- [--method <method>] [--route <path or URL>] [--json] <token>
       … | npm run --silent explain
  Lets this server decide a request with a token, and explains the result. No handler runs.
  The default is GET on the first route that requires a token. A route with parameters is
  given as a path, such as /api/notes/1. Exit code: 0 accepted, 1 rejected, 2 not checked.`

const EXIT_CODES = { accepted: 0, refused: 1, undecided: 2 } as const

/**
 * Explains why this server accepts or rejects a token: `npm run explain`. The token is read from
 * the input if no argument contains it, unless the input is a terminal.
 *
 * @returns 0 accepted, 1 rejected, 2 not checked
 */
export async function main(
  args: readonly string[],
  sources: readonly Environment[],
  { input, out, err }: Streams,
): Promise<number> {
  const { values, positionals } = parseArguments(args)
  const token = extractToken(positionals.join(' ') || (await readText(input)))
  if (token === '') throw new Error(USAGE)
  const server = await findServer(sources)
  const note = noteOf(server)
  if (note !== undefined) err.line(note)
  const explanation = await explainToken(token, values, server)
  if (values.json) out.json(explanation)
  else out.line(...explanationReport(explanation))
  return EXIT_CODES[explanation.result]
}

/** Base64url can begin with a dash. All options are shorter than this. */
const DASHED_TOKEN = /^-[\w-]{15,}$/

/** @throws Error with the usage only: the arguments may contain a token */
function parseArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: args.map((arg) => (DASHED_TOKEN.test(arg) ? ` ${arg}` : arg)),
      allowPositionals: true,
      options: {
        method: { type: 'string', default: 'GET' },
        route: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    })
  } catch {
    throw new Error(USAGE)
  }
}

/**
 * Lets the server decide, in this process, and asks the one that runs. Nothing listens, and no resource
 * is started.
 */
async function explainToken(
  token: string,
  { method, route }: { readonly method: string; readonly route?: string },
  { sources, decide }: ExaminedServer,
): Promise<Explanation> {
  const { config } = loadConfig(...sources)
  const definition = await loadServer(findProject(process.cwd()))
  const { app } = await assemble(definition, config, pino({ level: 'silent' }))
  try {
    await app.ready()
    const { path, host, hostname } = parseRoute(route ?? firstProtectedRoute(app.policies))
    if (!METHODS.includes(method.toUpperCase())) throw noSuchRoute(app.policies)
    const result = await app.dryRun({
      method: method.toUpperCase() as DryRunRequest['method'],
      url: path,
      headers: { host, authorization: `Bearer ${token}` },
    })
    if (result.access === undefined || result.status === 405) {
      throw noSuchRoute(app.policies)
    }
    // Such a header is rejected before any hook runs, which the dry run does not see.
    const fresh = token.length > MAX_HEADER_BYTES ? TOO_LARGE : result
    // A token of another tenant stays in this process, since anything may listen on the port.
    const isLocal = decodedOrEmpty(token).claims['iss'] === config.tokens.issuer
    const running = isLocal
      ? await decide?.({ method: method.toUpperCase(), path, host, token })
      : undefined
    const context = {
      ...serverContext(config),
      keySet: running?.keySet,
      host: hostname,
      now: Date.now() / 1000,
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

/** @param route a path, or a whole URL if organizations have subdomains */
function parseRoute(route: string) {
  if (!/^https?:/.test(route)) return { path: route, host: 'localhost', hostname: 'localhost' }
  if (!URL.canParse(route)) throw new Error(USAGE)
  const { pathname: path, host, hostname } = new URL(route)
  return { path, host, hostname }
}
