import type { Readable } from 'node:stream'
import type { Environment } from '../../config/environment.ts'
import type { CommandSyntax } from '../arguments/syntax.ts'
import type { Terminal } from './terminal.ts'

/** Where a command reads from, and where it writes: results to `out`, progress to `err`. */
export interface Streams {
  readonly input: Readable & { readonly isTTY?: boolean }
  readonly out: Terminal
  readonly err: Terminal
}

/** A command of this program: see `defineCommand` and `defineCommandGroup`. */
export interface Command {
  readonly syntax: CommandSyntax
  /** Empty for a command that has none. */
  readonly subcommands: Readonly<Record<string, Command & { readonly summary: string }>>
  /** The exit code after an error. A command that uses 1 for its result has 2 here. */
  readonly errorExitCode: 1 | 2
  /**
   * A thrown error ends the program: only its message is printed.
   *
   * @param args the arguments after the command's name
   * @param sources environment variables; a later source overrides an earlier one
   * @returns the exit code
   * @throws UsageError if the arguments are wrong
   */
  run(args: readonly string[], sources: readonly Environment[], streams: Streams): Promise<number>
}

/** All that the input has; nothing if it is a terminal. */
export async function readText(input: Streams['input']): Promise<string> {
  if (input.isTTY) return ''
  let text = ''
  for await (const chunk of input) text += chunk
  return text
}
