import { main } from '../../../src/cli/explain.ts'
import type { Environment } from '../../../src/config/environment.ts'
import { runCommand } from '../command.ts'

/** Runs the command, and throws its error. */
export async function explain(
  args: readonly string[],
  sources: readonly Environment[],
  input = '',
  isTTY = false,
) {
  const { exitCode, out, problem } = await runCommand(main, args, sources, { input, isTTY })
  if (problem !== undefined) throw new Error(problem)
  return { exitCode, output: out }
}
