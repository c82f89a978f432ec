import { STATUS_CODES } from 'node:http'

/** An error of the Management API, in the vendor's shape: statusCode, error, message, errorCode. */
export class ManagementError extends Error {
  override readonly name = 'ManagementError'
  readonly statusCode: number
  readonly errorCode: string | undefined

  constructor(statusCode: number, message: string, errorCode?: string) {
    super(message)
    this.statusCode = statusCode
    this.errorCode = errorCode
  }
}

export function bodyOf({ statusCode, message, errorCode }: ManagementError): object {
  return {
    statusCode,
    error: STATUS_CODES[statusCode],
    message,
    ...(errorCode !== undefined && { errorCode }),
  }
}

const MISSING = {
  resource_server: 'The resource server does not exist.',
  role: 'The role does not exist.',
  user: 'The user does not exist.',
  client: 'The client does not exist.',
  client_grant: 'The client grant does not exist.',
  organization: 'No organization found by that id or name.',
  connection: 'The connection does not exist.',
  permission: 'The permission does not exist.',
}

/** @throws ManagementError 404 where nothing was found */
export function found<T>(record: T | undefined, kind: keyof typeof MISSING): T {
  if (record === undefined) throw new ManagementError(404, MISSING[kind], `inexistent_${kind}`)
  return record
}
