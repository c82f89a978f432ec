import type { Variable } from './schema.ts'

/** A rule about variables that are valid by themselves, but not together. */
export type Rule = readonly [isBroken: boolean | undefined, problem: string, expected?: string]

/** Whether a variable is set, valid or not. */
export type IsSet = (name: Variable) => boolean
