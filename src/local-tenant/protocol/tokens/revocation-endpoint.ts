import type { FastifyInstance } from 'fastify'
import type { Directory } from '../../directory/directory.ts'
import { parseParameters, requireParameter } from '../parameters.ts'
import { requireClient } from './client-authentication.ts'
import type { Grants } from './grants.ts'

export interface RevocationEndpointOptions {
  readonly grants: Grants
  readonly directory: Directory
}

/** `POST /oauth/revoke` (RFC 7009 §2). The response is the same whether the token was valid or not. */
export async function revocationEndpoint(
  app: FastifyInstance,
  { grants, directory }: RevocationEndpointOptions,
): Promise<void> {
  app.post('/oauth/revoke', async ({ body, headers }, reply) => {
    const parameters = parseParameters(body)
    const client = requireClient(directory, headers.authorization, parameters)
    grants.revoke(requireParameter(parameters, 'token'), client)
    return reply.header('cache-control', 'no-store').send()
  })
}
