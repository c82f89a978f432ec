import type { Environment } from '../../config/environment.ts'
import type { Command, Streams } from '../support/command.ts'
import { parseArguments } from './parse-arguments.ts'
import type { CommandSyntax, OptionsSyntax, OptionValues } from './syntax.ts'
import { shownArgument, suggestion, UsageError } from './usage-error.ts'

/** One call of a command. */
export interface Invocation<O extends OptionsSyntax> {
  readonly values: OptionValues<O>
  /** The arguments that are not options. */
  readonly operands: readonly string[]
  /** Environment variables; a later source overrides an earlier one. */
  readonly sources: readonly Environment[]
  readonly streams: Streams
}

export interface DefinedCommand<O extends OptionsSyntax> extends CommandSyntax<O> {
  /** 2 for a command that uses 1 for its result; 1 by default. */
  readonly errorExitCode?: 1 | 2
  /** Changes the arguments before they are read. */
  readonly normalize?: (args: readonly string[]) => string[]
  /** @returns the exit code */
  readonly run: (invocation: Invocation<O>) => Promise<number>
}

/** Defines a command: what it accepts, its help, and what it does. */
export function defineCommand<const O extends OptionsSyntax>(command: DefinedCommand<O>): Command {
  const { errorExitCode = 1, normalize = (args) => [...args], run, ...syntax } = command
  return {
    syntax,
    subcommands: {},
    errorExitCode,
    run(args, sources, streams) {
      const { values, operands } = parseArguments(normalize(args), syntax)
      return run({ values, operands, sources, streams })
    },
  }
}

/** A command of a group, and what the help of the group says about it. */
export type Subcommand = Command & { readonly summary: string }

/** Defines a command with subcommands, such as `connections -- get <id>`. */
export function defineCommandGroup(
  syntax: Omit<CommandSyntax, 'operands' | 'options'>,
  subcommands: Readonly<Record<string, Subcommand>>,
): Command {
  return {
    syntax: { ...syntax, options: {} },
    subcommands,
    errorExitCode: 1,
    async run(args, sources, streams) {
      const { name, others } = findSubcommand(args, subcommands)
      const subcommand = name === undefined ? undefined : subcommands[name]
      if (subcommand !== undefined) return subcommand.run(others, sources, streams)
      const unknown = args.find((arg) => !arg.startsWith('-'))
      if (unknown === undefined) throw new UsageError('Missing subcommand.')
      const close = suggestion(unknown, Object.keys(subcommands))
      throw new UsageError(`Unknown subcommand${shownArgument(unknown)}.${close}`)
    },
  }
}

/** The subcommand that the arguments name, and the other arguments. Options may come before its name. */
export function findSubcommand(args: readonly string[], subcommands: Command['subcommands']) {
  const index = args.findIndex((arg) => Object.hasOwn(subcommands, arg))
  if (index === -1) return { name: undefined, others: args }
  return { name: args[index], others: args.toSpliced(index, 1) }
}
