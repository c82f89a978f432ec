/** How long the server waits for a client, in milliseconds. */
export interface Timeouts {
  /** For the head of a request. */
  readonly head: number
  /** For the head and the body. */
  readonly request: number
  /** For the next request on a connection. */
  readonly keepAlive: number
  /** For anything to arrive or to be read. */
  readonly connection: number
  /** For a client to read the last response on a connection, and to close it. */
  readonly linger: number
  /** How often `head` and `request` are checked. */
  readonly checkInterval: number
}

/** The timeouts that are not in the configuration. */
export const FIXED_TIMEOUTS = {
  connection: 120_000,
  linger: 2_000,
  checkInterval: 1_000,
}
