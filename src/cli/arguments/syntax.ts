import type { parseArgs } from 'node:util'

/** An option, as `parseArgs` takes it, and what the help says about it. */
export interface OptionSyntax {
  readonly type: 'string' | 'boolean'
  readonly description: string
  /** What the help calls the value of an option that has one: `file` is shown as `--file <file>`. */
  readonly value?: string
  readonly multiple?: boolean
  readonly default?: string | boolean | string[]
}

export type OptionsSyntax = Readonly<Record<string, OptionSyntax>>

export type NoOptions = Readonly<Record<never, OptionSyntax>>

/** An argument that is not an option. */
export interface OperandSyntax {
  readonly name: string
  readonly description: string
  readonly isOptional?: boolean
  /** Whether the last one can be given several times. */
  readonly isRepeated?: boolean
}

export interface Example {
  /** What follows the name of the command. */
  readonly args: string
  /** Another command whose output is the input: its name and arguments. */
  readonly input?: string
  /** A line of the shell whose output is the input. */
  readonly shellInput?: string
  readonly description: string
}

/** What a command accepts, and what its help says. */
export interface CommandSyntax<O extends OptionsSyntax = OptionsSyntax> {
  /** Whole sentences that follow the summary. */
  readonly details?: string
  readonly operands?: readonly OperandSyntax[]
  readonly options: O
  readonly examples: readonly Example[]
  /** What exit codes mean, if 1 is not an error. */
  readonly exitCodes?: string
}

/** Programs want JSON. */
export const JSON_OPTION = {
  json: { type: 'boolean', default: false, description: 'Print JSON for programs' },
} as const

/** The values of the options of a command. */
export type OptionValues<O extends OptionsSyntax> = ReturnType<
  typeof parseArgs<{ options: O }>
>['values']
