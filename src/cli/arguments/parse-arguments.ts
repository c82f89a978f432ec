import { type ParseArgsConfig, parseArgs } from 'node:util'
import type { CommandSyntax, OperandSyntax, OptionsSyntax, OptionValues } from './syntax.ts'
import { shownArgument, shownOption, suggestion, UsageError } from './usage-error.ts'

type OptionToken = {
  readonly name: string
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

/** Whether the arguments ask for the help, whatever else they are. */
export function asksForHelp(args: readonly string[]): boolean {
  const [end] = [...args.keys()].filter((index) => args[index] === '--')
  return args.slice(0, end).some((arg) => arg === '--help' || arg === '-h')
}

/**
 * Reads the arguments of a command.
 *
 * @throws UsageError that names the first one that is wrong
 */
export function parseArguments<O extends OptionsSyntax>(
  args: readonly string[],
  { options, operands = [] }: CommandSyntax<O>,
): { readonly values: OptionValues<O>; readonly operands: string[] } {
  const known: OptionsSyntax = options
  // With `strict`, the messages of Node would repeat an argument that may be a token.
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: known as NonNullable<ParseArgsConfig['options']>,
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  for (const token of tokens) if (token.kind === 'option') checkOption(token, known)
  checkOperands(positionals, operands)
  return { values: values as OptionValues<O>, operands: positionals }
}

function checkOption({ name, rawName, value, inlineValue }: OptionToken, known: OptionsSyntax) {
  const option = Object.hasOwn(known, name) ? known[name] : undefined
  if (option === undefined) {
    const shown = shownOption(rawName)
    throw new UsageError(
      `Unknown option${shown}.${shown && suggestion(name, [...Object.keys(known), 'help'], '--')}`,
    )
  }
  if (option.type === 'boolean' && value !== undefined) {
    throw new UsageError(`${rawName} takes no value.`)
  }
  const isMissing = value === undefined || (!inlineValue && /^-./.test(value))
  if (option.type === 'string' && isMissing) {
    throw new UsageError(`${rawName} needs a value: ${rawName} <${option.value}>.`)
  }
}

function checkOperands(given: readonly string[], operands: readonly OperandSyntax[]): void {
  const missing = operands[given.length]
  if (missing !== undefined && !missing.isOptional) {
    throw new UsageError(`Missing argument: <${missing.name}>.`)
  }
  const extra = given[operands.length]
  if (extra !== undefined && !operands.at(-1)?.isRepeated) {
    throw new UsageError(`Unexpected argument${shownArgument(extra)}.`)
  }
}
