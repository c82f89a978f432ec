import { type ParseArgsConfig, parseArgs } from 'node:util'
import type { Environment } from '../../config/environment.ts'
import type { Command, Streams } from './command.ts'
import {
  announceTarget,
  createTarget,
  type ManagementTarget,
  reportErrors,
} from './management-target.ts'

type Options = NonNullable<ParseArgsConfig['options']>

/** The options of every command that uses the Management API. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean', default: false },
  timeout: { type: 'string' },
} as const

export type OptionValues<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O & typeof COMMON_OPTIONS }>
>['values']

/** One call of a subcommand. */
export interface Invocation<O extends Options> {
  readonly target: ManagementTarget
  readonly values: OptionValues<O>
  /** The arguments after the name of the subcommand. */
  readonly operands: readonly string[]
  readonly sources: readonly Environment[]
  readonly streams: Streams
}

interface Subcommand<O extends Options> {
  /** How many arguments follow its name. */
  readonly minOperands: number
  readonly maxOperands: number
  readonly run: (invocation: Invocation<O>) => Promise<void>
}

/**
 * A command with subcommands that use the Management API, such as `connections -- get <id>`.
 *
 * @param usage shown if the subcommand is unknown or the number of its arguments is wrong
 */
export function managementCommand<O extends Options>(
  usage: string,
  options: O,
  subcommands: Readonly<Record<string, Subcommand<O>>>,
): Command {
  return async (args, sources, streams) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...options, ...COMMON_OPTIONS },
    })
    const { json, timeout } = values as { json: boolean; timeout?: string }
    const [name = '', ...operands] = positionals
    const subcommand = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined
    if (
      subcommand === undefined ||
      operands.length < subcommand.minOperands ||
      operands.length > subcommand.maxOperands
    ) {
      throw new Error(usage)
    }
    const target = createTarget(sources, timeout)
    announceTarget(target, streams)
    const invocation = { target, values: values as OptionValues<O>, operands, sources, streams }
    await reportErrors(target, json, streams, () => subcommand.run(invocation))
    return 0
  }
}
