import { defineCommand, type Invocation } from './arguments/define-command.ts'
import { JSON_OPTION } from './arguments/syntax.ts'
import { UsageError } from './arguments/usage-error.ts'
import { loadClientKey } from './calls/client-key.ts'
import { requestPersonaToken, SECOND_FACTOR_OPTION, tokenNotes } from './calls/persona-token.ts'
import { requestWrongToken, WRONG_TOKEN_OPTIONS } from './tenant-control/wrong-token.ts'

const OPTIONS = {
  dpop: {
    type: 'boolean',
    default: false,
    description: 'Bind the token to the key of the commands, for npm run call -- --dpop',
  },
  ...SECOND_FACTOR_OPTION,
  ...WRONG_TOKEN_OPTIONS,
  ...JSON_OPTION,
} as const

/**
 * Prints an access token of the local tenant for a persona: `npm run --silent token -- admin`. With an option
 * such as `--expired`, it is one that the API must reject.
 */
export const main = defineCommand({
  operands: [
    {
      name: 'persona',
      description: 'A test user of the local tenant. Without it, the names are listed',
      isOptional: true,
    },
  ],
  details:
    'All options but --dpop, --second-factor and --json make a token that the API must reject, in one way.',
  options: OPTIONS,
  examples: [
    { args: 'admin', description: 'The access token of the persona admin' },
    { args: 'admin --dpop', description: 'One that needs a proof with each request' },
    { args: 'admin --expired', description: 'One that expired a minute ago' },
    { args: 'admin --json', description: 'The response of the token endpoint' },
  ],
  run: printToken,
})

async function printToken({ values, operands, sources, streams }: Invocation<typeof OPTIONS>) {
  const { out, err } = streams
  const [persona = ''] = operands
  const wrong = await requestWrongToken(values, persona, sources)
  if (wrong !== undefined) {
    if (values.dpop) throw new UsageError(`--${wrong.flaw} and --dpop exclude each other.`)
    if (values['second-factor']) {
      throw new UsageError(`--${wrong.flaw} and --second-factor exclude each other.`)
    }
    if (values.json) out.json(wrong)
    else out.line(wrong.token)
    return 0
  }
  const signer = values.dpop ? await loadClientKey() : undefined
  const options = { signer, show: () => undefined, secondFactor: values['second-factor'] }
  const { token, type, response } = await requestPersonaToken(sources, persona, options)
  for (const note of await tokenNotes(sources, { type }, values)) err.line(note)
  if (values.json) out.json(response)
  else out.line(token)
  return 0
}
