import type { Directory } from '../directory/directory.ts'

/** The options of each resource of the Management API. */
export interface ResourceOptions {
  readonly issuer: () => string
  readonly directory: Directory
  /** The hosts that URLs of clients may have, beside this machine. */
  readonly allowedHosts: readonly string[]
}

/**
 * The property schemas of a request. The type allows only properties that Auth0's SDK knows, so that
 * the local tenant accepts nothing that a real tenant would reject.
 */
export type RequestProperties<Request> = Partial<Record<keyof Request, object>>
