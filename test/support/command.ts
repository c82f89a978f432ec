import { Readable, Writable } from 'node:stream'
import type { Command } from '../../src/cli/support/command.ts'
import { Terminal } from '../../src/cli/support/terminal.ts'
import type { Environment } from '../../src/config/environment.ts'

interface RunOptions {
  /** What the command reads from standard input. */
  readonly input?: string
  /** Whether it reads from and writes to a terminal. */
  readonly isTTY?: boolean
}

/** Runs a command in this process. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  sources: readonly Environment[],
  { input = '', isTTY = false }: RunOptions = {},
) {
  const text = { out: '', err: '' }
  const collect = (name: 'out' | 'err') =>
    new Writable({
      write(chunk, _encoding, done) {
        text[name] += chunk
        done()
      },
    })
  const streams = {
    input: Object.assign(Readable.from([input]), { isTTY }),
    out: new Terminal(collect('out')),
    err: new Terminal(Object.assign(collect('err'), { isTTY })),
  }
  let exitCode: number | undefined
  let problem: string | undefined
  try {
    exitCode = await command(args, sources, streams)
  } catch (error) {
    problem = (error as Error).message
  }
  return { ...text, exitCode, problem, json: () => JSON.parse(text.out) }
}
