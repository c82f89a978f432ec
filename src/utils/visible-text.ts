/**
 * Control characters, invisible ones and those that change the direction of text: a terminal would obey
 * them, or show something else than there is.
 */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/gu

/** Text from elsewhere as one line that a terminal only shows. */
export function visibleText(text: string): string {
  return text.replace(INVISIBLE, (character) => {
    return `\\u{${Number(character.codePointAt(0)).toString(16)}}`
  })
}

/** The same for text of several lines. Foreign text has to be made visible before it is in one of them. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visibleText).join('\n')
}

/** JSON with the same characters escaped as JSON does it. It parses to the same value. */
export function visibleJson(json: string): string {
  return json.replace(INVISIBLE, (character) => {
    if (character === '\n') return character
    const units = Array.from({ length: character.length }, (_, index) =>
      character.charCodeAt(index),
    )
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
  })
}
