import { test } from 'tap'
import { helpText } from '../../src/cli/arguments/help.ts'
import { parseArguments } from '../../src/cli/arguments/parse-arguments.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import type { Command } from '../../src/cli/support/command.ts'
import { runMain } from '../support/command.ts'

/** Their result is a server, and a file. */
const WITHOUT_JSON = ['call', 'dev', 'openapi']

const loaded = await Promise.all(
  Object.entries(COMMANDS).map(async ([name, { summary, load }]) => {
    return { path: [name], summary, command: (await load()).main }
  }),
)

/** Every command and every subcommand. */
const topics = loaded.flatMap(({ path, summary, command }) => [
  { path, summary, command },
  ...Object.entries(command.subcommands).map(([name, subcommand]) => {
    return { path: [...path, name], summary: subcommand.summary, command: subcommand }
  }),
])

const isGroup = ({ subcommands }: Command) => Object.keys(subcommands).length > 0

for (const { path, summary, command } of topics) {
  const name = path.join(' ')
  const { operands = [], options = {}, examples } = command.syntax

  test(`${name} --help shows usage, options and examples`, async (t) => {
    for (const flag of ['--help', '-h']) {
      const { exitCode, out, err } = await runMain([...path, flag, '--nonsense'])
      t.strictSame([exitCode, err], [0, ''])
      t.equal(out.split('\n')[0], `${summary}.`)
      t.match(out, `\nUsage: npx messages-api ${name}`)
      t.match(out, /\nOptions:\n.* {2}-h, --help +Show this help\n\nExamples:\n {2}\S/s)
      t.strictSame(
        out.split('\n').filter((line) => line.length > 80 && line.includes(' ')),
        [],
        'it fits 80 columns',
      )
    }
    const text = helpText({ caller: 'npm', path, summary, command })
    t.match(text, /^Usage: npm run (--silent )?/m)
    for (const { args, description } of examples) t.match(text, description, args)
  })

  test(`the examples of ${name} are valid`, async (t) => {
    t.ok(examples.length > 0)
    for (const { args, input = 'doctor' } of examples) {
      t.ok(Object.hasOwn(COMMANDS, String(input.split(' ')[0])))
      const words = args.split(' ').filter(Boolean)
      const [first = ''] = words
      if (isGroup(command)) t.ok(Object.hasOwn(command.subcommands, first), args)
      else t.doesNotThrow(() => parseArguments(words, command.syntax), args)
    }
  })

  test(`${name} names an unknown option and a wrong argument`, async (t) => {
    const option = await runMain([...path, ...operands.map(() => 'x'), '--nonsense'])
    t.strictSame([option.exitCode, option.out], [2, ''])
    const expected = isGroup(command) ? 'Missing subcommand.' : 'Unknown option --nonsense.'
    t.equal(option.err.split('\n')[0], expected)
    t.match(option.err, `\nUsage: npx messages-api ${name}`)
    t.match(option.err, `\nHelp: npx messages-api ${name} --help\n`)
    if (operands.at(-1)?.isRepeated) return
    const extra = await runMain([...path, ...operands.map(() => 'x'), 'surplus'])
    t.equal(extra.exitCode, 2)
    t.match(extra.err, /^(Unexpected argument|Unknown subcommand) "surplus"\./)
  })

  test(`${name} has JSON for programs`, async (t) => {
    const hasJson = Object.hasOwn(options, 'json')
    t.equal(hasJson, !isGroup(command) && !WITHOUT_JSON.includes(name))
  })
}

test('the program lists its commands', async (t) => {
  for (const flag of ['help', '--help', '-h']) {
    const { exitCode, out } = await runMain([flag])
    t.equal(exitCode, 0)
    for (const name of Object.keys(COMMANDS)) t.match(out, new RegExp(`^  ${name} +\\S`, 'm'))
  }
  const none = await runMain([], 'npm')
  t.strictSame([none.exitCode, none.out], [2, ''])
  t.match(none.err, /^Usage: npm run <command> -- \[options\]\n/)
  const unknown = await runMain(['toString'])
  t.equal(unknown.exitCode, 2)
  t.match(unknown.err, /^Unknown command "toString"\.\n/)
})

test('a mistyped name has a suggestion', async (t) => {
  for (const [args, expected] of [
    ['doctr', 'Unknown command "doctr". Did you mean doctor?'],
    ['doctoor', 'Unknown command "doctoor". Did you mean doctor?'],
    ['dictor', 'Unknown command "dictor". Did you mean doctor?'],
    ['dcotor', 'Unknown command "dcotor". Did you mean doctor?'],
    ['doc', 'Unknown command "doc". Did you mean doctor?'],
    ['do', 'Unknown command "do".'],
    ['doctor --jsno', 'Unknown option --jsno. Did you mean --json?'],
    ['doctor --hlp', 'Unknown option --hlp. Did you mean --help?'],
    ['doctor -x', 'Unknown option -x.'],
  ] as const) {
    const { exitCode, err } = await runMain(args.split(' '))
    t.strictSame([exitCode, err.split('\n')[0]], [2, expected])
  }
})

test('the value of an option is missing, or one too many', async (t) => {
  for (const [args, expected] of [
    ['doctor --json=true', '--json takes no value.'],
    ['explain --route', '--route needs a value: --route <path or URL>.'],
    ['explain --route --json x', '--route needs a value: --route <path or URL>.'],
    ['openapi --check=', '--check takes no value.'],
  ] as const) {
    const { exitCode, err } = await runMain(args.split(' '))
    t.strictSame([exitCode, err.split('\n')[0]], [2, expected])
  }
})

test('what may be a token is not repeated', async (t) => {
  const token = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJzZWNyZXQtb2YtYS1wZXJzb24ifQ.c2lnbmF0dXJl'
  for (const args of [
    ['doctor', token],
    ['doctor', `--${token}`],
    [token],
    ['openapi', 'x', token],
  ]) {
    const { exitCode, out, err } = await runMain(args)
    t.equal(exitCode, 2)
    t.notMatch(out + err, 'eyJ')
  }
})

// #region management
test('options may come before a subcommand', async (t) => {
  const { err } = await runMain(['connections', '--nonsense', 'list'])
  t.match(err, /^Unknown option --nonsense\.\nUsage: npx messages-api connections list /)
})
// #endregion management

test('after two dashes, --help is an argument', async (t) => {
  const { exitCode } = await runMain(['doctor', '--', '--help'])
  t.equal(exitCode, 2)
})
