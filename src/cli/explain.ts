import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { type Environment, loadConfig, readEnvironment } from '../config.ts'
import { isEntry, type Outcome, runJudge } from '../entry.ts'
import { type Explanation, explain } from '../explain/explanation.ts'
import { assemble } from '../server.ts'
import { configuration } from './configuration.ts'
import { reportOf } from './report.ts'

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
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      route: { type: 'string', default: '/api/messages/protected' },
      json: { type: 'boolean', default: false },
    },
  })
  const token = tokenIn(positionals.join(' ') || (await textOf(input)))
  if (token === '') throw new Error(USAGE)
  const explanation = await judge(token, values.route, await configuration(sources))
  const output = values.json ? `${JSON.stringify(explanation, null, 2)}\n` : reportOf(explanation)
  return { exitCode: EXIT_CODES[explanation.verdict], output }
}

const EXIT_CODES = { accepted: 0, refused: 1, undecided: 2 } as const

/** What people paste has the words around it that it had elsewhere. */
function tokenIn(text: string): string {
  return text.trim().replace(/^(["']?)(?:authorization: *)?(?:bearer +)?(.*?)\1$/is, '$2')
}

/** Has the very server judge the token, which listens nowhere. */
async function judge(
  token: string,
  route: string,
  sources: readonly Environment[],
): Promise<Explanation> {
  const { config } = await loadConfig(...sources)
  const { app } = await assemble(config, pino({ level: 'silent' }))
  try {
    await app.ready()
    const { pathname, host, hostname } = new URL(route, 'http://localhost')
    const access = app.policies.get(pathname)?.get('GET')
    if (access === undefined) {
      throw new Error(
        `There is no route ${pathname}. There are: ${[...app.policies.keys()].join(', ')}`,
      )
    }
    const authorization = `Bearer ${token}`
    const { statusCode, headers, body } = await app.inject({
      url: pathname,
      headers: { host, authorization },
    })
    const answer = {
      status: statusCode,
      message: JSON.parse(body).message,
      challenge: headers['www-authenticate'] as string | undefined,
    }
    const { tokens: expected, jwksUrl, organizations } = config
    const context = { expected, jwksUrl, organizations, host: hostname, now: Date.now() / 1000 }
    return explain(token, answer, access, context)
  } finally {
    await app.close()
  }
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
