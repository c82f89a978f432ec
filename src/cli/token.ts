import { defineCommand, type Invocation } from './arguments/define-command.ts'
import { JSON_OPTION } from './arguments/syntax.ts'
import { loadClientKey } from './calls/client-key.ts'
import { PLAIN_TOKEN_NOTE, requestPersonaToken } from './calls/persona-token.ts'

const OPTIONS = {
  dpop: {
    type: 'boolean',
    default: false,
    description: 'Bind the token to the key of the commands, for npm run call -- --dpop',
  },
  ...JSON_OPTION,
} as const

/** Prints an access token of the local tenant for a persona: `npm run --silent token -- admin`. */
export const main = defineCommand({
  operands: [
    {
      name: 'persona',
      description: 'A test user of the local tenant. Without it, the names are listed',
      isOptional: true,
    },
  ],
  options: OPTIONS,
  examples: [
    { args: 'admin', description: 'The access token of the persona admin' },
    { args: 'admin --dpop', description: 'One that needs a proof with each request' },
    { args: 'admin --json', description: 'The response of the token endpoint' },
  ],
  run: printToken,
})

async function printToken({ values, operands, sources, streams }: Invocation<typeof OPTIONS>) {
  const { out, err } = streams
  const signer = values.dpop ? await loadClientKey() : undefined
  const options = { signer, show: () => undefined }
  const { token, type, response } = await requestPersonaToken(sources, operands[0] ?? '', options)
  if (values.dpop && type === 'Bearer') err.line(PLAIN_TOKEN_NOTE)
  if (values.json) out.json(response)
  else out.line(token)
  return 0
}
