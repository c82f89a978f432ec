import type { Readable, Writable } from 'node:stream'
import type { Environment } from '../../config/environment.ts'

/** Where a command reads from, and where it writes: results to `out`, progress to `err`. */
export interface Streams {
  readonly input: Readable & { readonly isTTY?: boolean }
  readonly out: Writable
  readonly err: Writable & { readonly isTTY?: boolean }
}

/**
 * A command of this program. A thrown error ends the program: only its message is printed.
 *
 * @param args the arguments after the command's name
 * @param sources environment variables; a later source overrides an earlier one
 * @returns the exit code
 */
export type Command = (
  args: readonly string[],
  sources: readonly Environment[],
  streams: Streams,
) => Promise<number>

export function writeJson(out: Writable, value: unknown): void {
  out.write(`${JSON.stringify(value, null, 2)}\n`)
}
