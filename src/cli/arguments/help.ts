import type { Command } from '../support/command.ts'
import { type Caller, commandLine } from './command-line.ts'
import type { Example, OperandSyntax, OptionsSyntax } from './syntax.ts'

/** A command that a person asks about. */
export interface Topic {
  readonly caller: Caller
  /** The name of the command, and of its subcommand. */
  readonly path: readonly string[]
  readonly summary: string
  readonly command: Command
}

const HELP = ['-h, --help', 'Show this help'] as const

/** The help of a command. Lines are as long as their text: the terminal wraps them. */
export function helpText(topic: Topic): string {
  const { summary, command } = topic
  const { syntax, subcommands } = command
  const { details, operands = [], options, examples, exitCodes } = syntax
  const names = Object.entries(subcommands).map(([name, { summary }]) => [name, summary] as const)
  const described = operands.map((one) => [shownOperand(one), one.description] as const)
  return [
    `${summary}.`,
    ...(details === undefined ? [] : ['', details]),
    '',
    usageText(topic),
    ...section('Commands', names),
    ...section('Arguments', described),
    ...section('Options', [...Object.keys(options).map((name) => describe(name, options)), HELP]),
    '',
    'Examples:',
    ...examples.flatMap((example) => [
      `  ${exampleLine(topic, example)}`,
      `      ${example.description}`,
    ]),
    ...(exitCodes === undefined ? [] : ['', `Exit codes: ${exitCodes}`]),
  ].join('\n')
}

/** The usage on one line, for the help and after an error. */
export function usageText({ caller, path, command }: Topic): string {
  const { operands = [] } = command.syntax
  const isGroup = Object.keys(command.subcommands).length > 0
  const words = [...(isGroup ? ['<command>'] : operands.map(shownOperand)), '[options]']
  return `Usage: ${commandLine(caller, path, words.join(' '))}`
}

/** Names and their descriptions below a heading; nothing if there are none. */
export function section(heading: string, rows: readonly (readonly [string, string])[]): string[] {
  if (rows.length === 0) return []
  const width = Math.max(...rows.map(([name]) => name.length))
  return ['', `${heading}:`, ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`)]
}

function exampleLine({ caller, path }: Topic, { args, input, shellInput }: Example): string {
  const line = commandLine(caller, path, args)
  if (shellInput !== undefined) return `${shellInput} | ${line}`
  if (input === undefined) return line
  const [name = '', ...others] = input.split(' ')
  return `${commandLine(caller, [name], others.join(' '))} | ${line}`
}

function shownOperand({ name, isOptional, isRepeated }: OperandSyntax): string {
  const text = `<${name}>${isRepeated ? '…' : ''}`
  return isOptional ? `[${text}]` : text
}

function describe(name: string, options: OptionsSyntax): readonly [string, string] {
  const { type, value = 'value', multiple, default: fallback, description } = { ...options[name] }
  const notes = [
    ...(multiple ? ['can be given several times'] : []),
    ...(typeof fallback === 'string' ? [`default: ${fallback}`] : []),
  ]
  return [
    type === 'string' ? `--${name} <${value}>` : `--${name}`,
    notes.length === 0 ? `${description}` : `${description} (${notes.join('; ')})`,
  ]
}
