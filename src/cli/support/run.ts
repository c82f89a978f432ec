import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Whether a module is the program that was started, and not one that another module imports. */
export function isEntry(moduleUrl: string): boolean {
  const [, program] = process.argv
  return program !== undefined && realpathSync(program) === fileURLToPath(moduleUrl)
}

/**
 * Runs a program. What it throws is told in its message, without a stack, and ends it with exit
 * code 1.
 */
export async function run(main: () => Promise<void>): Promise<void> {
  try {
    await main()
  } catch (error) {
    fail((error as Error).message)
  }
}

/** Ends a program that cannot go on: a few words for a person, exit code 1. */
export function fail(message: string): void {
  process.stderr.write(`${message}\n`)
  process.exitCode = 1
}

/** What a command that judges something gives to its surroundings. */
export interface Outcome {
  /** 0: it is good. 1: it is not. 2: it could not be judged. */
  readonly exitCode: 0 | 1 | 2
  readonly output: string
}

/** Runs a command that judges something; what it throws means that it could not. */
export async function runJudge(main: () => Promise<Outcome>): Promise<void> {
  try {
    const { exitCode, output } = await main()
    process.stdout.write(output)
    process.exitCode = exitCode
  } catch (error) {
    fail((error as Error).message)
    process.exitCode = 2
  }
}
