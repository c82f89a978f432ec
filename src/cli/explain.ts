import { parseArgs } from 'node:util'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { MAX_HEADER_BYTES } from '../app.ts'
import type { Environment } from '../config/environment.ts'
import { loadConfig } from '../config/load-config.ts'
import { type Explanation, explain, type ServerAnswer } from '../explain/explanation.ts'
import { extractToken } from '../explain/extract-token.ts'
import { assemble } from '../server.ts'
import { type Streams, writeJson } from './support/command.ts'
import { explanationReport } from './support/explanation-report.ts'
import { resolveEnvironment } from './support/resolve-environment.ts'

const USAGE = `Usage: npm run --silent explain -- [--route <path or URL>] [--json] <token>
       … | npm run --silent explain
  Runs a token through the verifier of this server and explains the result. The default
  route is /api/messages/protected. Exit code: 0 accepted, 1 rejected, 2 not checked.`

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
  { input, out }: Streams,
): Promise<number> {
  const { values, positionals } = parseArguments(args)
  const token = extractToken(positionals.join(' ') || (await readText(input)))
  if (token === '') throw new Error(USAGE)
  const explanation = await explainToken(token, values.route, await resolveEnvironment(sources))
  if (values.json) writeJson(out, explanation)
  else out.write(explanationReport(explanation))
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
        route: { type: 'string', default: '/api/messages/protected' },
        json: { type: 'boolean', default: false },
      },
    })
  } catch {
    throw new Error(USAGE)
  }
}

/** Sends the token through the real server, which does not listen on a port. */
async function explainToken(
  token: string,
  route: string,
  sources: readonly Environment[],
): Promise<Explanation> {
  const { config } = await loadConfig(...sources)
  const { app } = await assemble(config, pino({ level: 'silent' }))
  try {
    await app.ready()
    const { path, host, hostname } = parseRoute(route)
    const access = app.policies.get(path)?.get('GET')
    if (access === undefined) {
      throw new Error(`There is no such route. Routes: ${[...app.policies.keys()].join(', ')}`)
    }
    const answer = await callRoute(app, path, host, token)
    const { tokens: expected, jwksUrl, organizations } = config
    const context = { expected, jwksUrl, organizations, host: hostname, now: Date.now() / 1000 }
    return explain(token, answer, access, context)
  } finally {
    await app.close()
  }
}

/** @param route a path, or a whole URL if organizations have subdomains */
function parseRoute(route: string) {
  if (!/^https?:/.test(route)) return { path: route, host: 'localhost', hostname: 'localhost' }
  if (!URL.canParse(route)) throw new Error(USAGE)
  const { pathname: path, host, hostname } = new URL(route)
  return { path, host, hostname }
}

async function callRoute(
  app: FastifyInstance,
  url: string,
  host: string,
  token: string,
): Promise<ServerAnswer> {
  // inject() does not use Node's HTTP parser, which rejects such a request.
  if (token.length > MAX_HEADER_BYTES) {
    return { status: 431, message: 'Request Header Fields Too Large' }
  }
  const headers = { host, authorization: `Bearer ${token}` }
  const response = await app.inject({ url, headers })
  const challenge = response.headers['www-authenticate'] as string | undefined
  return { status: response.statusCode, message: response.json().message, challenge }
}

async function readText(input: Streams['input']): Promise<string> {
  if (input.isTTY) return ''
  let text = ''
  for await (const chunk of input) text += chunk
  return text
}
