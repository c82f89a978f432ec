import { parseArgs } from 'node:util'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { MAX_HEADER_BYTES } from '../app.ts'
import { type Environment, readEnvironment } from '../config/environment.ts'
import { loadConfig } from '../config/load-config.ts'
import { type Explanation, explain, type ServerAnswer } from '../explain/explanation.ts'
import { tokenIn } from '../explain/token-in.ts'
import { assemble } from '../server.ts'
import { configuration } from './support/configuration.ts'
import { reportOf } from './support/explain-report.ts'
import { isEntry, type Outcome, runJudge } from './support/run.ts'

const USAGE = `Usage: npm run --silent explain -- [--route <path or URL>] [--json] <token>
       … | npm run --silent explain
  Judges a token as this server would, and says why. The route is /api/messages/protected
  where none is given. Exit code: 0 accepted, 1 refused, 2 could not judge.`

type Input = AsyncIterable<unknown> & { readonly isTTY?: boolean }

/**
 * Explains what this server makes of a token.
 *
 * @param args as on the command line
 * @param input where the token is read from if no argument is one, unless a person sits there
 */
export async function main(
  args: readonly string[],
  sources: readonly Environment[],
  input: Input,
): Promise<Outcome> {
  const { values, positionals } = read(args)
  const token = tokenIn(positionals.join(' ') || (await textOf(input)))
  if (token === '') throw new Error(USAGE)
  const explanation = await judge(token, values.route, await configuration(sources))
  const output = values.json ? `${JSON.stringify(explanation, null, 2)}\n` : reportOf(explanation)
  return { exitCode: EXIT_CODES[explanation.verdict], output }
}

/** Random base64url can begin with dashes; no option is as long as a token of it. */
const DASHED_TOKEN = /^-[\w-]{15,}$/

/** @throws Error that shows how it is used, and nothing of what came: a token may be in it */
function read(args: readonly string[]) {
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

const EXIT_CODES = { accepted: 0, refused: 1, undecided: 2 } as const

/** Has the very server judge the token, which listens nowhere. */
async function judge(
  token: string,
  route: string,
  sources: readonly Environment[],
): Promise<Explanation> {
  const { config } = loadConfig(...sources)
  const { app } = await assemble(config, pino({ level: 'silent' }))
  try {
    await app.ready()
    const { path, host, hostname } = placeOf(route)
    const access = app.policies.get(path)?.get('GET')
    if (access === undefined) {
      throw new Error(`There is no such route. There are: ${[...app.policies.keys()].join(', ')}`)
    }
    const answer = await ask(app, path, host, token)
    const { tokens: expected, jwksUrl, organizations } = config
    const context = { expected, jwksUrl, organizations, host: hostname, now: Date.now() / 1000 }
    return explain(token, answer, access, context)
  } finally {
    await app.close()
  }
}

/** What a route stands for: a path here or, where organizations have subdomains, a whole URL. */
function placeOf(route: string) {
  if (!/^https?:/.test(route)) return { path: route, host: 'localhost', hostname: 'localhost' }
  if (!URL.canParse(route)) throw new Error(USAGE)
  const { pathname: path, host, hostname } = new URL(route)
  return { path, host, hostname }
}

async function ask(
  app: FastifyInstance,
  url: string,
  host: string,
  token: string,
): Promise<ServerAnswer> {
  // Node's parser would turn it away, through which nothing goes here.
  if (token.length > MAX_HEADER_BYTES) {
    return { status: 431, message: 'Request Header Fields Too Large' }
  }
  const headers = { host, authorization: `Bearer ${token}` }
  const response = await app.inject({ url, headers })
  const challenge = response.headers['www-authenticate'] as string | undefined
  return { status: response.statusCode, message: response.json().message, challenge }
}

async function textOf(input: Input): Promise<string> {
  if (input.isTTY) return ''
  let text = ''
  for await (const chunk of input) text += chunk
  return text
}

if (isEntry(import.meta.url)) {
  await runJudge(() => main(process.argv.slice(2), readEnvironment(), process.stdin))
}
