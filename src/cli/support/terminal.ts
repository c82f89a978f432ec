import type { Writable } from 'node:stream'
import { styleText } from 'node:util'
import { visibleJson, visibleLines, visibleText } from '../../utils/visible-text.ts'
import { applyBreaks, lineBreaks, wrapWords } from '../../utils/wrap-words.ts'

type Style = Parameters<typeof styleText>[0]

/** Text in a style. */
export interface Styled {
  readonly style: Style
  readonly text: string
}

/** One line: text, or parts of which some have a style. */
export type Line = string | readonly (string | Styled)[]

type Stream = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** Of a page where there is no terminal. */
const DEFAULT_COLUMNS = 80
/** Longer lines are hard to read. */
const MAX_COLUMNS = 100

/**
 * Standard output or standard error. All text of the commands goes through here, so that text from
 * elsewhere can neither control the terminal nor add lines. Only `Styled` parts have escape sequences.
 * On a terminal, lines break between words. Elsewhere a line stays one, for programs that search it.
 */
export class Terminal {
  readonly #stream: Stream

  constructor(stream: Stream) {
    this.#stream = stream
  }

  get isTTY(): boolean {
    return this.#stream.isTTY === true
  }

  line(...lines: Line[]): void {
    this.#stream.write(lines.map((line) => `${this.#format(line)}\n`).join(''))
  }

  /** Several lines in one text, such as an error. */
  text(text: string): void {
    const visible = visibleLines(text)
    this.#stream.write(`${this.isTTY ? this.#wrap(visible) : visible}\n`)
  }

  /** Several lines with commands to copy: they do not break. */
  block(text: string): void {
    this.#stream.write(`${visibleLines(text)}\n`)
  }

  /** Text that is for people also in a pipe, such as the help. */
  page(text: string): void {
    this.#stream.write(`${this.#wrap(visibleLines(text))}\n`)
  }

  json(value: unknown): void {
    this.#stream.write(`${visibleJson(JSON.stringify(value, null, 2))}\n`)
  }

  /** Replaces the line that the cursor is on. Only for a terminal. */
  status(text: string): void {
    this.#stream.write(`\r\x1b[K${visibleText(text)}`)
  }

  get #columns(): number {
    // Some terminals report 0.
    return Math.min(this.#stream.columns || DEFAULT_COLUMNS, MAX_COLUMNS)
  }

  #wrap(text: string): string {
    return text
      .split('\n')
      .map((line) => wrapWords(line, this.#columns))
      .join('\n')
  }

  #format(line: Line): string {
    const options = { stream: this.#stream, validateStream: true }
    const parts = (typeof line === 'string' ? [line] : line).map((part) =>
      typeof part === 'string'
        ? { style: undefined, text: visibleText(part) }
        : { ...part, text: visibleText(part.text) },
    )
    const whole = parts.map(({ text }) => text).join('')
    const breaks = this.isTTY ? lineBreaks(whole, this.#columns) : new Map<number, string>()
    let offset = 0
    return parts
      .map(({ style, text }) => {
        const broken = applyBreaks(text, breaks, offset)
        offset += text.length
        return style === undefined ? broken : styleText(style, broken, options)
      })
      .join('')
  }
}
