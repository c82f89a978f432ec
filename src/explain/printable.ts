import { visibleText } from '../utils/visible-text.ts'

/** The longest value that is shown, in characters. */
const MAX_LENGTH = 200

/** A value from a token as one line of text that is safe to print on a terminal. */
export function printable(value: unknown): string {
  if (value === undefined) return 'none'
  const text = visibleText(JSON.stringify(value))
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text
}
