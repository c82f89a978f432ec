import type { FastifyError, FastifyInstance } from 'fastify'
import type { Directory } from '../directory/directory.ts'
import type { DirectoryFile } from '../directory/directory-file.ts'
import type { OAuthError } from '../protocol/oauth-error.ts'
import type { SigningKeys } from '../protocol/tokens/signing-keys.ts'
import { authentication } from './authentication.ts'
import { bodyOf, ManagementError } from './management-error.ts'
import type { RateLimit } from './rate-limit.ts'
import { clientGrants } from './resources/client-grants.ts'
import { clients } from './resources/clients.ts'
import { connections } from './resources/connections.ts'
import { organizationMembers } from './resources/organization-members.ts'
import { organizations } from './resources/organizations.ts'
import { resourceServers } from './resources/resource-servers.ts'
import { roles } from './resources/roles.ts'
import { users } from './resources/users.ts'
import { validationError, validatorCompiler } from './validation.ts'

export interface ManagementOptions {
  readonly issuer: () => string
  readonly keys: SigningKeys
  readonly directory: Directory
  readonly file: DirectoryFile
  readonly rateLimit: RateLimit
}

/** What each resource of the Management API needs. */
export interface ResourceOptions {
  readonly issuer: () => string
  readonly directory: Directory
}

/** The Management API, as much of it as this project's commands use. Register it below `/api/v2`. */
export async function managementApi(
  app: FastifyInstance,
  { issuer, keys, directory, file, rateLimit }: ManagementOptions,
): Promise<void> {
  app.decorateRequest('managementScopes')
  app.setValidatorCompiler(validatorCompiler)
  app.setErrorHandler((error: Failure, _request, reply) => {
    const failure = managementError(error)
    return reply.code(failure.statusCode).send(bodyOf(failure))
  })
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send(bodyOf(new ManagementError(404, 'Not Found'))),
  )
  app.addHook('onRequest', rateLimit.check)
  app.addHook('onRequest', authentication(issuer, keys))
  // What was answered as done outlives the process.
  app.addHook('onSend', async ({ method }, reply) => {
    if (method !== 'GET' && reply.statusCode < 300) await file.save()
  })
  const options: ResourceOptions = { issuer, directory }
  await app.register(resourceServers, options)
  await app.register(roles, options)
  await app.register(users, options)
  await app.register(clients, options)
  await app.register(clientGrants, options)
  await app.register(organizations, options)
  await app.register(organizationMembers, options)
  await app.register(connections, options)
}

type Failure = FastifyError | OAuthError | ManagementError

function managementError(error: Failure): ManagementError {
  if (error instanceof ManagementError) return error
  if ('validation' in error && error.validation) {
    return validationError(error.validation, error.validationContext)
  }
  const status = 'status' in error ? error.status : ((error as FastifyError).statusCode ?? 500)
  return status === 500
    ? new ManagementError(500, 'The local tenant failed.')
    : new ManagementError(status, error.message, 'invalid_body')
}
