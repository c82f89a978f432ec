import type { DestinationStream } from 'pino'
import type { Terminal } from '../../cli/support/terminal.ts'
import { formatLogLine } from './format-log-line.ts'

/** Writes the lines of the log for people. */
export class PrettyLog implements DestinationStream {
  readonly #terminal: Terminal

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  write(line: string): void {
    this.#terminal.line(...formatLogLine(line))
  }
}
