import { VerdictError } from '../tokens/errors.ts'
import type { RefusalCode } from './challenge.ts'

/** A request is not let in. */
export class RefusedError extends VerdictError {
  override readonly name = 'RefusedError'
  readonly code: RefusalCode
  /** All permissions that the route asks for, where one of them is missing. */
  readonly permissions: readonly string[]

  constructor(code: RefusalCode, permissions: readonly string[] = []) {
    super(code)
    this.code = code
    this.permissions = permissions
  }
}
