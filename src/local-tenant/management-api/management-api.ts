import type { FastifyError, FastifyInstance } from 'fastify'
import type { Directory } from '../directory/directory.ts'
import type { DirectoryFile } from '../directory/directory-file.ts'
import type { OAuthError } from '../protocol/oauth-error.ts'
import type { SigningKeys } from '../protocol/tokens/signing-keys.ts'
import { authentication } from './authentication.ts'
import { errorBody, ManagementApiError } from './management-api-error.ts'
import type { ManagementRateLimit } from './management-rate-limit.ts'
import type { ResourceOptions } from './resource-options.ts'
import { clientGrants } from './resources/client-grants.ts'
import { clients } from './resources/clients.ts'
import { connections } from './resources/connections.ts'
import { organizationMembers } from './resources/organization-members.ts'
import { organizations } from './resources/organizations.ts'
import { resourceServers } from './resources/resource-servers.ts'
import { roles } from './resources/roles.ts'
import { users } from './resources/users.ts'
import { validationError, validatorCompiler } from './validation.ts'

export interface ManagementApiOptions {
  readonly issuer: () => string
  readonly keys: SigningKeys
  readonly directory: Directory
  readonly file: DirectoryFile
  readonly rateLimit: ManagementRateLimit
  readonly allowedHosts: readonly string[]
}

/**
 * The part of the Auth0 Management API that the commands of this project use. Register it with the
 * prefix `/api/v2`.
 */
export async function managementApi(
  app: FastifyInstance,
  { issuer, keys, directory, file, rateLimit, allowedHosts }: ManagementApiOptions,
): Promise<void> {
  app.decorateRequest('managementScopes')
  app.setValidatorCompiler(validatorCompiler)
  app.setErrorHandler((error: HandledError, _request, reply) => {
    const apiError = toManagementApiError(error)
    return reply.code(apiError.statusCode).send(errorBody(apiError))
  })
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send(errorBody(new ManagementApiError(404, 'Not Found'))),
  )
  app.addHook('onRequest', rateLimit.check)
  app.addHook('onRequest', authentication(issuer, keys))
  // Save before the response is sent, so that a confirmed change survives a restart.
  app.addHook('onSend', async ({ method }, reply) => {
    if (method !== 'GET' && reply.statusCode < 300) await file.save()
  })
  const options: ResourceOptions = { issuer, directory, allowedHosts }
  await app.register(resourceServers, options)
  await app.register(roles, options)
  await app.register(users, options)
  await app.register(clients, options)
  await app.register(clientGrants, options)
  await app.register(organizations, options)
  await app.register(organizationMembers, options)
  await app.register(connections, options)
}

type HandledError = FastifyError | OAuthError | ManagementApiError

function toManagementApiError(error: HandledError): ManagementApiError {
  if (error instanceof ManagementApiError) return error
  if ('validation' in error && error.validation) {
    return validationError(error.validation, error.validationContext)
  }
  const status = 'status' in error ? error.status : ((error as FastifyError).statusCode ?? 500)
  return status === 500
    ? new ManagementApiError(500, 'The local tenant failed.')
    : new ManagementApiError(status, error.message, 'invalid_body')
}
