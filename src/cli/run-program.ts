import type { Environment } from '../config/environment.ts'
import { type Caller, commandLine } from './arguments/command-line.ts'
import { findSubcommand } from './arguments/define-command.ts'
import { helpText, section, type Topic, usageText } from './arguments/help.ts'
import { asksForHelp } from './arguments/parse-arguments.ts'
import { shownArgument, suggestion, UsageError } from './arguments/usage-error.ts'
import { COMMANDS } from './commands.ts'
import type { Streams } from './support/command.ts'

const USAGE_EXIT_CODE = 2

/**
 * Runs the command that the arguments name.
 *
 * @param sources reads the environment. It is not read for the help
 * @returns the exit code: 2 if the arguments are wrong
 */
export async function runProgram(
  [name = '', ...args]: readonly string[],
  caller: Caller,
  sources: () => Promise<readonly Environment[]>,
  streams: Streams,
): Promise<number> {
  const { out, err } = streams
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (entry === undefined) return overview(name, caller, streams)
  const { main: command } = await entry.load()
  const topic = findTopic({ caller, path: [name], summary: entry.summary, command }, args)
  if (asksForHelp(args)) {
    out.page(helpText(topic))
    return 0
  }
  try {
    return await command.run(args, await sources(), streams)
  } catch (error) {
    err.text((error as Error).message)
    if (!(error instanceof UsageError)) return command.errorExitCode
    const commands = Object.keys(topic.command.subcommands)
    err.text(usageText(topic))
    if (commands.length > 0) err.text(`Commands: ${commands.join(', ')}`)
    err.text(`Help: ${commandLine(topic.caller, topic.path, '--help')}`)
    return USAGE_EXIT_CODE
  }
}

/** The subcommand that the arguments name, otherwise the command. */
function findTopic(topic: Topic, args: readonly string[]): Topic {
  const { subcommands } = topic.command
  const { name = '' } = findSubcommand(args, subcommands)
  const subcommand = subcommands[name]
  if (subcommand === undefined) return topic
  const { summary } = subcommand
  return { ...topic, path: [...topic.path, name], summary, command: subcommand }
}

/** All commands: the help of the program, and what it prints for a command that does not exist. */
function overview(name: string, caller: Caller, { out, err }: Streams): number {
  const isHelp = ['help', '--help', '-h'].includes(name)
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary] as const)
  const text = [
    ...(isHelp || name === '' ? [] : [unknownCommand(name), '']),
    caller === 'npx'
      ? 'Usage: npx messages-api <command> [options]'
      : 'Usage: npm run <command> -- [options]',
    ...section('Commands', rows),
    '',
    'Each command has --help.',
  ].join('\n')
  if (isHelp) out.page(text)
  else err.page(text)
  return isHelp ? 0 : USAGE_EXIT_CODE
}

function unknownCommand(name: string): string {
  return `Unknown command${shownArgument(name)}.${suggestion(name, Object.keys(COMMANDS))}`
}
