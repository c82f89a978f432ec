import { channel } from 'node:diagnostics_channel'

/** What is published when a slow operation begins, for traces. Attributes have no secrets. */
export interface Operation {
  readonly name: string
  /** Whether the operation is a request to another server. */
  readonly isRemote: boolean
  readonly attributes: Readonly<Record<string, string>>
  /** A subscriber may set it. It calls the function once, and returns its result. */
  around?: <T>(run: () => Promise<T>) => Promise<T>
}

/** A message is an `Operation`. Without subscribers, nothing is published. */
export const OPERATIONS = channel('messages-api:operation')

/** Runs an operation, and reports it to whatever traces operations. */
export function reportOperation<T>(operation: Operation, run: () => Promise<T>): Promise<T> {
  if (!OPERATIONS.hasSubscribers) return run()
  OPERATIONS.publish(operation)
  return operation.around === undefined ? run() : operation.around(run)
}
