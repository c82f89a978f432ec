/** The result of one check. */
export interface Finding {
  readonly name: string
  readonly found: string
  /** How to fix the problem; undefined if there is none. */
  readonly hint?: string
  /** What to check by hand. It is not necessarily a problem. */
  readonly warning?: string
}
