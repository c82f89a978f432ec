import type { FastifyInstance } from 'fastify'
import type { Directory } from '../directory/directory.ts'
import { createPersonaGrant, requirePersona } from '../protocol/tokens/persona-grant.ts'
import { TOKEN_FLAWS, type TokenFlaw, type WrongTokens } from '../protocol/tokens/wrong-tokens.ts'
import { requireJson } from './require-json.ts'

const schema = {
  body: {
    type: 'object',
    required: ['persona', 'flaw'],
    properties: { persona: { type: 'string' }, flaw: { enum: TOKEN_FLAWS } },
  },
} as const

interface Body {
  readonly persona: string
  readonly flaw: TokenFlaw
}

export interface WrongTokenOptions {
  readonly directory: Directory
  readonly wrongTokens: WrongTokens
}

/** `POST /local-tenant/wrong-tokens`: a token of a persona that the API must reject. */
export async function wrongTokenControl(
  app: FastifyInstance,
  { directory, wrongTokens }: WrongTokenOptions,
): Promise<void> {
  app.post<{ Body: Body }>(
    '/local-tenant/wrong-tokens',
    { schema, onRequest: requireJson },
    async ({ body: { persona, flaw } }) => {
      const grant = createPersonaGrant(directory, requirePersona(directory, persona))
      return { flaw, token: await wrongTokens.create(flaw, grant) }
    },
  )
}
