/** The longest value that is shown, in characters. */
const MAX_LENGTH = 200

/** What a terminal would obey, or a reader would not see: controls, and marks that change direction. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu

/** A value from a token, made harmless for a terminal and short enough for a line. */
export function printable(value: unknown): string {
  if (value === undefined) return 'none'
  const text = JSON.stringify(value).replace(
    UNPRINTABLE,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text
}
