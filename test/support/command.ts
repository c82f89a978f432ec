import { Readable, Writable } from 'node:stream'
import type { Caller } from '../../src/cli/arguments/command-line.ts'
import { runProgram } from '../../src/cli/run-program.ts'
import type { Command, Streams } from '../../src/cli/support/command.ts'
import { Terminal } from '../../src/cli/support/terminal.ts'
import type { Environment } from '../../src/config/environment.ts'

interface RunOptions {
  /** What the command reads from standard input. */
  readonly input?: string
  /** Whether it reads from and writes to a terminal. */
  readonly isTTY?: boolean
}

/** Streams that collect what is written. */
function collectingStreams({ input = '', isTTY = false }: RunOptions) {
  const text = { out: '', err: '' }
  const collect = (name: 'out' | 'err') =>
    new Writable({
      write(chunk, _encoding, done) {
        text[name] += chunk
        done()
      },
    })
  const streams: Streams = {
    input: Object.assign(Readable.from([input]), { isTTY }),
    out: new Terminal(collect('out')),
    err: new Terminal(Object.assign(collect('err'), { isTTY })),
  }
  return { text, streams }
}

/** Runs a command in this process. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  sources: readonly Environment[],
  options: RunOptions = {},
) {
  const { text, streams } = collectingStreams(options)
  let exitCode: number | undefined
  let problem: string | undefined
  try {
    exitCode = await command.run(args, sources, streams)
  } catch (error) {
    problem = (error as Error).message
  }
  return { ...text, exitCode, problem, json: () => JSON.parse(text.out) }
}

/** Runs the program of the commands in this process, without an environment. */
export async function runMain(args: readonly string[], caller: Caller = 'npx') {
  const { text, streams } = collectingStreams({})
  const exitCode = await runProgram(args, caller, async () => [], streams)
  return { ...text, exitCode }
}
