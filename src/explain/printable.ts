/** The longest value that is shown, in characters. */
const MAX_LENGTH = 200

/** Characters that control a terminal or are invisible: controls, and direction marks. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu

/** A value from a token as one line of text that is safe to print on a terminal. */
export function printable(value: unknown): string {
  if (value === undefined) return 'none'
  const text = JSON.stringify(value).replace(
    UNPRINTABLE,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text
}
