import { STATUS_CODES } from 'node:http'

/** An error response of the Management API. */
export class ManagementApiError extends Error {
  override readonly name = 'ManagementApiError'
  readonly statusCode: number
  readonly errorCode: string | undefined

  constructor(statusCode: number, message: string, errorCode?: string) {
    super(message)
    this.statusCode = statusCode
    this.errorCode = errorCode
  }
}

/** The response body in Auth0's format: statusCode, error, message, errorCode. */
export function errorBody({ statusCode, message, errorCode }: ManagementApiError): object {
  return {
    statusCode,
    error: STATUS_CODES[statusCode],
    message,
    ...(errorCode !== undefined && { errorCode }),
  }
}

const NOT_FOUND_MESSAGES = {
  resource_server: 'The resource server does not exist.',
  role: 'The role does not exist.',
  user: 'The user does not exist.',
  client: 'The client does not exist.',
  client_grant: 'The client grant does not exist.',
  organization: 'No organization found by that id or name.',
  connection: 'The connection does not exist.',
  invitation: 'The invitation does not exist.',
  permission: 'The permission does not exist.',
}

/** @throws ManagementApiError 404 if the record is undefined */
export function requireFound<T>(record: T | undefined, kind: keyof typeof NOT_FOUND_MESSAGES): T {
  if (record === undefined) {
    throw new ManagementApiError(404, NOT_FOUND_MESSAGES[kind], `inexistent_${kind}`)
  }
  return record
}
