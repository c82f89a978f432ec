import { defineCommand, type Invocation, type Subcommand } from '../arguments/define-command.ts'
import { type CommandSyntax, JSON_OPTION, type OptionsSyntax } from '../arguments/syntax.ts'
import {
  announceTarget,
  createTarget,
  type ManagementTarget,
  reportErrors,
} from './management-target.ts'

/** For the help of the groups of these commands. */
export const WHICH_TENANT =
  'The tenant is that of AUTH0_DOMAIN, otherwise the local tenant while it runs.'

/** The options of every command that uses the Management API. */
export const COMMON_OPTIONS = {
  ...JSON_OPTION,
  timeout: {
    type: 'string',
    value: 'seconds',
    description: 'For one request; AUTH0_MGMT_TIMEOUT or 10 by default',
  },
} as const

export type WithCommonOptions<O extends OptionsSyntax> = O & typeof COMMON_OPTIONS

/** One call of a subcommand. */
export interface ManagementInvocation<O extends OptionsSyntax>
  extends Invocation<WithCommonOptions<O>> {
  readonly target: ManagementTarget
}

interface ManagementCommand<O extends OptionsSyntax> extends CommandSyntax<O> {
  readonly summary: string
  readonly run: (invocation: ManagementInvocation<O>) => Promise<void>
}

/** A subcommand that uses the Management API, such as `connections -- get <id>`. */
export function managementCommand<const O extends OptionsSyntax>({
  summary,
  run,
  ...syntax
}: ManagementCommand<O>): Subcommand {
  const command = defineCommand<WithCommonOptions<O>>({
    ...syntax,
    options: { ...syntax.options, ...COMMON_OPTIONS },
    async run(invocation) {
      const { values, sources, streams } = invocation
      const { json, timeout } = values as { json: boolean; timeout?: string }
      const target = createTarget(sources, timeout)
      announceTarget(target, streams)
      await reportErrors(target, json, streams, () => run({ ...invocation, target }))
      return 0
    },
  })
  return { ...command, summary }
}
