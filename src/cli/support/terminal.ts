import type { Writable } from 'node:stream'
import { styleText } from 'node:util'
import { visibleJson, visibleLines, visibleText } from '../../utils/visible-text.ts'

type Style = Parameters<typeof styleText>[0]

/** Text in a style. */
export interface Styled {
  readonly style: Style
  readonly text: string
}

/** One line: text, or parts of which some have a style. */
export type Line = string | readonly (string | Styled)[]

/**
 * Standard output or standard error. All text of the commands goes through here, so that text from
 * elsewhere can neither control the terminal nor add lines. Only `Styled` parts have escape sequences.
 */
export class Terminal {
  readonly #stream: Writable & { readonly isTTY?: boolean }

  constructor(stream: Writable & { readonly isTTY?: boolean }) {
    this.#stream = stream
  }

  get isTTY(): boolean {
    return this.#stream.isTTY === true
  }

  line(...lines: Line[]): void {
    this.#stream.write(lines.map((line) => `${this.#format(line)}\n`).join(''))
  }

  /** Several lines in one text, such as the usage of a command. */
  text(text: string): void {
    this.#stream.write(`${visibleLines(text)}\n`)
  }

  json(value: unknown): void {
    this.#stream.write(`${visibleJson(JSON.stringify(value, null, 2))}\n`)
  }

  /** Replaces the line that the cursor is on. Only for a terminal. */
  status(text: string): void {
    this.#stream.write(`\r\x1b[K${visibleText(text)}`)
  }

  #format(line: Line): string {
    const options = { stream: this.#stream, validateStream: true }
    return (typeof line === 'string' ? [line] : line)
      .map((part) => {
        if (typeof part === 'string') return visibleText(part)
        return styleText(part.style, visibleText(part.text), options)
      })
      .join('')
  }
}
